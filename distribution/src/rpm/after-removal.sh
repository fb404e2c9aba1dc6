if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
fi
if [ "$1" = 0 ] && ! grep -qs ' fuse\.sluice ' /proc/mounts; then
  rm -rf /run/sluice
  # Files that were written and never stored stay: nobody else has them.
  if [ -d /var/cache/sluice ]; then
    find /var/cache/sluice -depth -type d -empty -delete
  fi
fi

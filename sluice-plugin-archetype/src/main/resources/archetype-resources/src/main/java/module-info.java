import ${package}.${prefixOfClasses}${contract}Provider;
import io.sluicefs.spi.${axis}.${contract}Provider;

/** {@code ${axis}.${technology}} */
module ${package} {
  requires io.sluicefs.spi;

  provides ${contract}Provider with
      ${prefixOfClasses}${contract}Provider;
}

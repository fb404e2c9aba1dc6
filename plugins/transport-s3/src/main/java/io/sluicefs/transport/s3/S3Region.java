// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.SettingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.AwsProfileRegionProvider;
import software.amazon.awssdk.regions.providers.AwsRegionProvider;
import software.amazon.awssdk.regions.providers.InstanceProfileRegionProvider;
import software.amazon.awssdk.regions.providers.SystemSettingsRegionProvider;

/** Finds the region of the bucket. */
final class S3Region {
  /** What compatible stores expect when they know no regions. */
  private static final String NO_REGION = "us-east-1";

  private S3Region() {}

  static String of(PluginSettings settings, boolean hasEndpoint) throws SettingException {
    Optional<String> given = settings.find(S3TransportConfig.REGION);
    if (given.isPresent()) {
      return given.get();
    }
    List<AwsRegionProvider> chain = new ArrayList<>();
    chain.add(new SystemSettingsRegionProvider());
    chain.add(
        settings
            .find(S3Credentials.PROFILE)
            .map(name -> new AwsProfileRegionProvider(ProfileFile::defaultProfileFile, name))
            .orElseGet(AwsProfileRegionProvider::new));
    if (!hasEndpoint) {
      chain.add(new InstanceProfileRegionProvider());
    }
    for (AwsRegionProvider provider : chain) {
      Optional<String> region = ask(provider);
      if (region.isPresent()) {
        return region.get();
      }
    }
    if (hasEndpoint) {
      return NO_REGION;
    }
    throw settings.error(
        S3TransportConfig.REGION,
        "has to be set: neither AWS_REGION nor a profile nor the instance names a region");
  }

  private static Optional<String> ask(AwsRegionProvider provider) {
    try {
      return Optional.ofNullable(provider.getRegion()).map(Region::id);
    } catch (SdkClientException e) {
      return Optional.empty();
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1PersistentVolume;
import io.kubernetes.client.openapi.models.V1PersistentVolumeClaim;
import io.kubernetes.client.openapi.models.V1Pod;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The recipes for Kubernetes, against the schema that Kubernetes publishes of its objects. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KubernetesRecipesTest {
  private Installation installation;

  @BeforeAll
  void open() {
    installation = Installation.open(getClass());
  }

  @AfterAll
  void clean() throws IOException {
    Mountpoints.cleanUnder(installation.work());
  }

  @ParameterizedTest
  @ValueSource(strings = {"sidecar.yaml", "descriptor.yaml"})
  void everyObjectIsOneKubernetesKnows(String recipe) throws IOException {
    List<JsonObject> objects = objects(recipe);
    assertTrue(objects.size() > 0);
    for (JsonObject object : objects) {
      validate(object);
    }
  }

  @Test
  void whatKubernetesDoesNotKnowIsFound() throws IOException {
    JsonObject pod = objects("descriptor.yaml").getFirst();
    JsonObject sluice =
        pod.getAsJsonObject("spec").getAsJsonArray("initContainers").get(0).getAsJsonObject();
    sluice.add("restartPolicies", sluice.remove("restartPolicy"));

    assertThrows(IllegalArgumentException.class, () -> validate(pod));
  }

  @Test
  void theConfigurationInTheRecipeHasNoErrors() throws IOException {
    String text =
        objects("sidecar.yaml").stream()
            .filter(object -> object.get("kind").getAsString().equals("ConfigMap"))
            .map(object -> object.getAsJsonObject("data").get("sluice.conf").getAsString())
            .findFirst()
            .orElseThrow();
    Path configuration = installation.configuration(text);

    Command check = installation.sluice("config", "check", "-c", configuration.toString());

    assertEquals(new Command(0, configuration + ": no errors\n", ""), check);
  }

  private static void validate(JsonObject object) throws IOException {
    switch (object.get("kind").getAsString()) {
      case "ConfigMap" -> V1ConfigMap.validateJsonElement(object);
      case "PersistentVolume" -> V1PersistentVolume.validateJsonElement(object);
      case "PersistentVolumeClaim" -> V1PersistentVolumeClaim.validateJsonElement(object);
      case "Pod" -> V1Pod.validateJsonElement(object);
      case String other -> throw new AssertionError(other + " is not expected here");
    }
  }

  private static List<JsonObject> objects(String recipe) throws IOException {
    List<JsonObject> objects = new ArrayList<>();
    try (Reader text =
        Files.newBufferedReader(Path.of(System.getProperty("sluice.kubernetes"), recipe))) {
      for (Object document : new Yaml(new SafeConstructor(new LoaderOptions())).loadAll(text)) {
        JsonElement json = new Gson().toJsonTree(document);
        objects.add(json.getAsJsonObject());
      }
    }
    return objects;
  }
}

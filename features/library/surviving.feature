Feature: The library outlives the studio
  For whoever trips over the cable while models are tidied up. Half a model, or a model that only
  half of everything knows, is worse than none.

  @severity.critical @needs.own-studio
  Scenario: After a restart the library knows what it knew
    Given the LoRA "styles/neon-city.safetensors" is in the library with
      | base model | SDXL 1.0    |
      | tags       | night, city |
      | favourite  | yes         |
    And the checkpoint "neonMix.safetensors" is in the library
    When the studio is restarted
    Then "styles/neon-city.safetensors" is found everywhere
    And "neonMix.safetensors" is found everywhere
    And "styles/neon-city.safetensors" is told with
      | base model | SDXL 1.0    |
      | tags       | night, city |
      | favourite  | yes         |

  @severity.critical @needs.virtual-clock @needs.own-studio
  Scenario: A deletion can still be taken back after a restart
    Given the LoRA "neon-city.safetensors" is in the library, with everything beside it
    And "neon-city.safetensors" was deleted
    And the studio was restarted
    When the deletion is taken back
    Then "neon-city.safetensors" is found everywhere
    And "neon-city.safetensors" lies on the disk as it was, with all that belongs to it

  @severity.critical @needs.virtual-clock @needs.own-studio
  Scenario: A deletion whose time has run out while the studio was away is finished at its start
    Given the LoRA "neon-city.safetensors" is in the library, with everything beside it
    And the LoRA "old-film.safetensors" is in the library
    And "neon-city.safetensors" was deleted
    When the studio is away for 1 minute
    Then not a byte of "neon-city.safetensors" is left on the disk
    And "neon-city.safetensors" is found nowhere
    And "old-film.safetensors" is found everywhere

  @severity.blocker @needs.own-studio
  Scenario: A studio that is killed after a deletion finishes it
    Given the studio may be killed
    And the LoRA "neon-city.safetensors" is in the library, with everything beside it
    And the LoRA "old-film.safetensors" is in the library
    And "neon-city.safetensors" was deleted
    When the studio is killed and started anew, and the time for taking back has passed
    Then not a byte of "neon-city.safetensors" is left on the disk
    And "neon-city.safetensors" is found nowhere

  @severity.blocker @needs.own-studio
  Scenario: A studio that is killed while it deletes leaves each model whole or gone
    Given the studio may be killed
    And 100 LoRAs are in the library, each with a picture beside it
    When all of them are deleted, and the studio is killed midway
    Then each of them is whole or gone
    And a scan changes nothing

  @severity.blocker @needs.own-studio
  Scenario: A studio that is killed while it renames leaves one name or the other
    Given the studio may be killed
    And the LoRA "neon-city.safetensors" is in the library, with everything beside it
    And the recipe "Foggy lighthouse" is saved
    When "neon-city.safetensors" is renamed to "rain-city", and the studio is killed midway
    Then "neon-city.safetensors" is called that or "rain-city.safetensors", with all that belongs to it
    And the recipe "Foggy lighthouse" has it, as it is called
    And a scan changes nothing

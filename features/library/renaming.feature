Feature: A model gets a better name, and everything follows
  For artists who download "final_v2_fixed". A name that only half of everything has heard of
  breaks the recipes of years.

  @severity.blocker @needs.own-studio
  Scenario: A renamed model takes all that belongs to it along
    Given the LoRA "neon-city.safetensors" is in the library, with everything beside it
    And its neighbours lie in the same folder
    When "neon-city.safetensors" is renamed to "rain-city"
    Then "rain-city.safetensors" is found everywhere
    And "rain-city.safetensors" lies on the disk, with all that belongs to it
    And "neon-city.safetensors" has left its folder, with all that belongs to it
    And no other model has changed

  @severity.critical @needs.own-studio
  Scenario: What is known of a model knows its new name, and keeps all else
    Given the LoRA "neon-city.safetensors" is in the library with
      | tags      | night, city   |
      | favourite | yes           |
      | notes     | good at signs |
    When "neon-city.safetensors" is renamed to "rain-city"
    Then "rain-city.safetensors" is the same model as before
    And "rain-city.safetensors" is told with
      | tags      | night, city   |
      | favourite | yes           |
      | notes     | good at signs |
    And beside "rain-city.safetensors" stands its new name, nowhere "neon-city", and whatever stood there before

  @severity.blocker @needs.own-studio
  Scenario: Every recipe follows its LoRA, and no other recipe changes
    Given the LoRA "neon-city.safetensors" is in the library
    And the LoRA "old-film.safetensors" is in the library
    And the recipe "Foggy lighthouse" is saved
    And the recipe "Something else" is saved with the prompt "a beacon <lora:old-film:0.8>"
    When "neon-city.safetensors" is renamed to "rain-city"
    Then the recipe "Foggy lighthouse" has "rain-city.safetensors"
    And the recipe "Something else" has "old-film.safetensors"

  @severity.critical @needs.own-studio
  Scenario: A recipe follows its checkpoint
    Given the checkpoint "neonMix.safetensors" is in the library
    And the recipe "Foggy lighthouse" is saved
    When "neonMix.safetensors" is renamed to "rainMix"
    Then the recipe "Foggy lighthouse" is painted with "rainMix.safetensors"
    And "rainMix.safetensors" is found everywhere

  @needs.own-studio
  Scenario: A new name outlives a restart and another scan
    Given the LoRA "neon-city.safetensors" is in the library, with a sidecar beside it
    And the recipe "Foggy lighthouse" is saved
    And "neon-city.safetensors" was renamed to "rain-city"
    And the studio was restarted
    When the LoRA folder is scanned
    Then "rain-city.safetensors" is the same model as before
    And the recipe "Foggy lighthouse" has "rain-city.safetensors"

  @severity.critical @needs.own-studio
  Scenario Outline: The name <name> is refused, and nothing is renamed
    Given the LoRA "neon-city.safetensors" is in the library, with a picture beside it
    And the recipe "Foggy lighthouse" is saved
    When "neon-city.safetensors" is renamed to <name>
    Then it is refused because "name"
    And the recipe "Foggy lighthouse" has "neon-city.safetensors"
    And no model has changed

    Examples: no names, and names that mean another place
      | name             |
      | ""               |
      | " "              |
      | ".."             |
      | "../rain-city"   |
      | "films/rain"     |
      | "rain\city"      |
      | "/tmp/rain-city" |
      | "rain:city"      |
      | "rain?"          |
      | "CON"            |
      | ".rain-city"     |

  @severity.critical @needs.own-studio
  Scenario Outline: The name <name> is refused, because <somebody> has it
    Given the LoRA "neon-city.safetensors" is in the library, with a picture beside it
    And the LoRA "rain-city.safetensors" is in the library
    And a picture "old-film.png" of nobody lies in the LoRA folder
    When "neon-city.safetensors" is renamed to <name>
    Then it is refused, because the name is taken
    And no model has changed

    Examples: another model, and what would be taken for a part of this one
      | name        | somebody      |
      | "rain-city" | another model |
      | "old-film"  | a picture     |

  @severity.critical @needs.own-disk @needs.own-studio
  Scenario: A renaming for which the disk has no room has never begun
    Given the LoRAs lie on a disk with room for 400 KB
    And the LoRA "neon-city.safetensors" is in the library, with everything beside it
    And the recipe "Foggy lighthouse" is saved
    And so much is known of "neon-city.safetensors" that the disk has no room for it twice
    When "neon-city.safetensors" is renamed to "rain-city"
    Then it cannot be done, because the disk is full
    And the recipe "Foggy lighthouse" has "neon-city.safetensors", and no model has changed

Feature: A model can be left out without being deleted
  For artists who keep what they do not want to see. What is left out must be nowhere, and must
  not be lost.

  @severity.critical @needs.own-studio
  Scenario: A model that is left out is nowhere, and stays on the disk
    Given the LoRA "neon-city.safetensors" is in the library, with everything beside it
    And the LoRA "old-film.safetensors" is in the library
    When "neon-city.safetensors" is left out
    Then "neon-city.safetensors" is found nowhere
    And "neon-city.safetensors" lies on the disk, with all that belongs to it
    And left out is "neon-city.safetensors", and nothing else
    And no other model has changed

  @severity.critical @needs.own-studio
  Scenario: A model that was left out comes back as it was
    Given the LoRA "neon-city.safetensors" is in the library with
      | tags      | night, city |
      | favourite | yes         |
    And "neon-city.safetensors" was left out
    When "neon-city.safetensors" is taken in again
    Then "neon-city.safetensors" is found everywhere
    And "neon-city.safetensors" is told with
      | tags      | night, city |
      | favourite | yes         |
    And nothing is left out

  @severity.critical @needs.own-studio
  Scenario: A model that was left out stays out after a restart and another scan
    Given the LoRA "neon-city.safetensors" is in the library
    And "neon-city.safetensors" was left out
    And the studio was restarted
    When the LoRA folder is scanned
    Then "neon-city.safetensors" is found nowhere
    And left out is "neon-city.safetensors", and nothing else
    And the scan tells of 1 model, 0 new, 0 changed and 0 gone

  @needs.own-studio
  Scenario: A model that was left out comes back after a restart, too
    Given the LoRA "neon-city.safetensors" is in the library
    And "neon-city.safetensors" was left out
    And the studio was restarted
    When "neon-city.safetensors" is taken in again
    Then "neon-city.safetensors" is found everywhere
    And nothing is left out

  @severity.critical @needs.own-studio
  Scenario: A recipe misses a LoRA that is left out
    Given the LoRA "neon-city.safetensors" is in the library
    And the recipe "Foggy lighthouse" is saved
    When "neon-city.safetensors" is left out
    Then the recipe "Foggy lighthouse" misses "neon-city.safetensors"
    And the recipe "Foggy lighthouse" holds every setting of the picture

  @needs.own-studio
  Scenario: What is left out is no duplicate
    Given the LoRA "neon-city.safetensors" is in the library
    And "styles/rain-city.safetensors" is in the library, a copy of "neon-city.safetensors"
    When "styles/rain-city.safetensors" is left out
    Then no two share their content
    And "neon-city.safetensors" is found everywhere

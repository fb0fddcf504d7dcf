Feature: Duplicates are shown, and models can be checked again
  For artists whose disk is full, and whose disk is old. A model that is there twice wastes
  gigabytes; one that has changed silently spoils every picture.

  @severity.critical @needs.own-studio
  Scenario: The same model under two names is shown as a duplicate
    Given the LoRA "neon-city.safetensors" is in the library
    And "styles/rain-city.safetensors" is in the library, a copy of "neon-city.safetensors"
    When the LoRA "old-film.safetensors" comes into the library
    Then the same content is shown for "neon-city.safetensors" and "styles/rain-city.safetensors"
    And no two share a name

  @needs.own-studio
  Scenario: Two models of one name are shown, whatever they hold
    Given the LoRA "neon-city.safetensors" is in the library
    And the LoRA "old-film.safetensors" is in the library
    When the LoRA "styles/Neon-City.safetensors" comes into the library
    Then the same name is shown for "neon-city.safetensors" and "styles/Neon-City.safetensors"
    And no two share their content

  @needs.own-studio
  Scenario: A duplicate that was deleted is one no longer
    Given the LoRA "neon-city.safetensors" is in the library
    And "styles/rain-city.safetensors" is in the library, a copy of "neon-city.safetensors"
    When "styles/rain-city.safetensors" is deleted
    Then no two share their content
    And the library holds "neon-city.safetensors" byte for byte

  Rule: Checking reads every byte again

    @severity.critical @needs.own-studio
    Scenario: A model that has changed silently is found out
      Given the LoRA "neon-city.safetensors" is in the library
      And the LoRA "old-film.safetensors" is in the library
      And one byte of "neon-city.safetensors" has changed, which neither its size nor its date betrays
      When every LoRA is checked again
      Then of 2 checked models "neon-city.safetensors" has changed, and none is missing
      And "neon-city.safetensors" has the hash of what lies there now
      And no other model has changed

    @needs.own-studio
    Scenario: Only what was asked for is checked
      Given the LoRA "neon-city.safetensors" is in the library
      And the LoRA "old-film.safetensors" is in the library
      And one byte of "neon-city.safetensors" has changed, which neither its size nor its date betrays
      When "old-film.safetensors" is checked again
      Then of 1 checked models none has changed, and none is missing
      And no model has changed

    @needs.own-studio
    Scenario: A model that is gone is told, and the others are checked all the same
      Given the LoRA "neon-city.safetensors" is in the library
      And the LoRA "old-film.safetensors" is in the library
      And "neon-city.safetensors" was deleted from the LoRA folder
      When every LoRA is checked again
      Then of 1 checked models none has changed, and "neon-city.safetensors" is missing
      And the library holds "old-film.safetensors" byte for byte

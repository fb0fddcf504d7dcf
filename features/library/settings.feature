Feature: What is set stays as it was, or becomes what was wanted
  For whoever sets up a studio by hand or by program. Settings that are half written lose the way
  to every model.

  @severity.critical @needs.own-studio
  Scenario Outline: Setting <what> is refused, and the file of settings stays as it is
    Given the key for "hub.example" is "lighthouse"
    And the LoRA "neon-city.safetensors" is in the library
    When <what> is set
    Then it is refused because "<why>"
    And the file of settings is the same, byte for byte
    And no setting has changed
    And "neon-city.safetensors" is found everywhere

    Examples: what nobody knows, and what makes no sense
      | what                                    | why           |
      | what nobody knows                       | colour        |
      | a folder of LoRAs that is a file        | library_roots |
      | a folder of LoRAs somewhere below       | library_roots |
      | a folder of LoRAs that holds the others | library_roots |
      | no folder of LoRAs at all               | library_roots |
      | a folder of a kind that does not exist  | library_roots |
      | safe mode to "perhaps"                  | safe_mode     |

  @severity.blocker @needs.own-studio
  Scenario: A studio that is killed while it is set begins with a setting that was wanted
    Given the studio may be killed
    And the LoRA "neon-city.safetensors" is in the library
    When the studio is killed while the number of downloads is set again and again
    Then the number of downloads is one of those that were set
    And "neon-city.safetensors" is found everywhere

  @severity.critical @needs.own-studio
  Scenario: Models in a folder that is set anew are found
    Given the LoRA "neon-city.safetensors" is in the library
    And "old-film.safetensors" lies in a second folder of LoRAs, which is set
    When the LoRA folder is scanned
    Then "old-film.safetensors" is found everywhere
    And "neon-city.safetensors" is found everywhere

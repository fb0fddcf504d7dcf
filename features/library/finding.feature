Feature: Every model on the disk is found
  For artists with thousands of models. Pictures name their models by a hash; a library
  that cannot find it makes the picture impossible to repeat.

  Scenario Outline: A model is found by its <hash>
    Given the model "neon-city.safetensors" is in the library
    When the library is searched for the <hash> of "neon-city.safetensors"
    Then it finds exactly "neon-city.safetensors"

    Examples: the hashes that pictures and hubs name models by
      | hash                       |
      | SHA-256                    |
      | SHA-256 in capital letters |
      | AutoV2 hash                |
      | AutoV3 hash                |

  Scenario: An unknown hash finds nothing
    Given the model "neon-city.safetensors" is in the library
    When the library is searched for the hash "0000000000"
    Then it finds no model

  @needs.own-studio
  Scenario: A model copied into the folder is found by a scan
    Given "old-film.safetensors" was copied into the LoRA folder
    When the LoRA folder is scanned
    Then the library lists "old-film.safetensors"

  @needs.own-studio
  Scenario: A model deleted from the folder leaves the library
    Given the model "neon-city.safetensors" is in the library
    And "neon-city.safetensors" was deleted from the LoRA folder
    When the LoRA folder is scanned
    Then the library does not list "neon-city.safetensors"

  @needs.own-studio
  Scenario: A damaged model does not hide the others
    Given "old-film.safetensors" was copied into the LoRA folder
    And "damaged.safetensors" was copied into the LoRA folder, cut in half
    When the LoRA folder is scanned
    Then the library lists "old-film.safetensors"
    And the scan reports "damaged.safetensors" as unreadable

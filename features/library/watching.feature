Feature: A watched folder needs no scan
  For artists whose models come from several machines. A library that has to be told of each new
  model is always behind.

  @severity.critical @needs.own-studio
  Scenario: A model that is copied in is found without a scan
    Given the library's folders are watched
    And the LoRA "neon-city.safetensors" is in the library
    When "old-film.safetensors" is copied into the LoRA folder
    Then "old-film.safetensors" is soon found everywhere
    And "neon-city.safetensors" is found everywhere

  @needs.own-studio
  Scenario: A model that is deleted leaves without a scan
    Given the library's folders are watched
    And the LoRA "neon-city.safetensors" is in the library
    And the LoRA "old-film.safetensors" is in the library
    When "old-film.safetensors" is deleted from the LoRA folder
    Then "old-film.safetensors" is soon found nowhere
    And "neon-city.safetensors" is found everywhere

  @needs.own-studio
  Scenario: A new sidecar is read without a scan
    Given the library's folders are watched
    And the LoRA "neon-city.safetensors" is in the library
    When another program writes beside "neon-city.safetensors"
      | favourite | yes |
    Then "neon-city.safetensors" is soon told with
      | favourite | yes |

  @severity.critical @needs.own-studio
  Scenario: A model that is still being copied is no model yet
    Given the library's folders are watched
    And the LoRA "neon-city.safetensors" is in the library
    And the first half of "old-film.safetensors" has been copied into the LoRA folder
    When the second half of "old-film.safetensors" is copied, too
    Then "old-film.safetensors" is soon found everywhere
    And "old-film.safetensors" has the hash of what lies there now
    And it was no model before it was whole

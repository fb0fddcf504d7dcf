Feature: Deleting takes one model with all that belongs to it, and nothing else
  For artists who tidy up a full disk at night. What goes with a model, and what stays, is
  noticed months later.

  @severity.blocker @needs.own-studio
  Scenario Outline: Deleting a model with <companion> takes both, and nothing else
    Given the LoRA "neon-city.safetensors" is in the library, with <companion> beside it
    And its neighbours lie in the same folder
    When "neon-city.safetensors" is deleted
    Then "neon-city.safetensors" is found nowhere
    And "neon-city.safetensors" has left its folder, with all that belongs to it
    And the deletion tells of the files of "neon-city.safetensors"
    And no other model has changed

    Examples: all that may lie beside a model
      | companion         |
      | a sidecar         |
      | a picture         |
      | a small picture   |
      | a photo           |
      | a snapshot        |
      | a preview picture |
      | a film            |
      | a WebM film       |
      | a moving picture  |
      | an AVIF           |
      | a JPEG XL         |

  @severity.blocker @needs.virtual-clock @needs.own-studio
  Scenario: After 20 seconds a deletion is for good
    Given the LoRA "neon-city.safetensors" is in the library, with everything beside it
    And the LoRA "old-film.safetensors" is in the library
    And "neon-city.safetensors" was deleted
    When 21 seconds pass
    Then not a byte of "neon-city.safetensors" is left on the disk
    And "neon-city.safetensors" is found nowhere
    And no other model has changed

  @severity.critical @needs.own-studio
  Scenario Outline: A wish that names <what> deletes no model
    Given the LoRA "neon-city.safetensors" is in the library, with a picture beside it
    When "neon-city.safetensors" and <what> are deleted with one wish
    Then it is refused because "<why>"
    And no model has changed

    Examples: what cannot be deleted
      | what                      | why         |
      | a model that nobody knows | there is no |
      | a model of another kind   | there is no |
      | what is no model's name   | there is no |

  @severity.critical @needs.own-studio
  Scenario: A recipe knows that its LoRA is gone, and keeps its name
    Given the LoRA "neon-city.safetensors" is in the library
    And the recipe "Foggy lighthouse" is saved
    When "neon-city.safetensors" is deleted
    Then the recipe "Foggy lighthouse" misses "neon-city.safetensors"
    And the recipe "Foggy lighthouse" holds every setting of the picture

  @severity.critical @needs.own-studio
  Scenario: Of two copies, the one that was meant is deleted
    Given the LoRA "neon-city.safetensors" is in the library
    And "styles/neon-city.safetensors" is in the library, a copy of "neon-city.safetensors"
    When "styles/neon-city.safetensors" is deleted
    Then "styles/neon-city.safetensors" is found nowhere
    And "neon-city.safetensors" is found everywhere
    And no other model has changed

  @severity.critical @needs.own-studio
  Scenario: A companion that two models share stays with the other one
    Given the LoRA "neon-city.safetensors" is in the library, with a picture beside it
    And an older "neon-city.pt" shares what lies beside "neon-city.safetensors"
    When "neon-city.safetensors" is deleted
    Then the library lists exactly "neon-city.pt"
    And "neon-city.pt" lies on the disk as it was, with all that belongs to it

  @severity.critical @needs.virtual-clock @needs.own-studio
  Scenario: A scan does not find what waits to be gone
    Given the LoRA "neon-city.safetensors" is in the library
    And "neon-city.safetensors" was deleted
    When the LoRA folder is scanned
    Then "neon-city.safetensors" is found nowhere
    And the scan tells of 0 models, 0 new, 0 changed and 0 gone
    And the deletion can be taken back for 20 seconds

  @severity.blocker @needs.own-studio
  Scenario: What lies outside the library's folders is not deleted
    Given "elsewhere/neon-city.safetensors" lies outside, in a folder that is linked into the LoRA folder
    And the LoRA folder has been scanned
    When "elsewhere/neon-city.safetensors" is deleted
    Then it is refused because "outside"
    And "elsewhere/neon-city.safetensors" is found everywhere
    And no model has changed

  @severity.critical @needs.own-disk @needs.own-studio
  Scenario: A deletion that has no room to be written down takes nothing, and says so
    Given the LoRAs lie on a disk with room for 400 KB
    And the LoRA "neon-city.safetensors" is in the library, with everything beside it
    And not a byte is free on the disk of the LoRAs
    When "neon-city.safetensors" is deleted
    Then it cannot be done, because the disk is full
    And "neon-city.safetensors" is found everywhere
    And no model has changed

Feature: Models are sorted into folders
  For artists who keep order in their folders. A model that is lost on the way, or lands where the
  library does not look, is lost for good.

  @severity.critical @needs.own-studio
  Scenario Outline: A model moves into the folder <folder> with all that belongs to it
    Given the LoRA "neon-city.safetensors" is in the library, with everything beside it
    And its neighbours lie in the same folder
    When "neon-city.safetensors" is moved into the folder <folder>
    Then "<moved>" is found everywhere
    And "<moved>" lies on the disk, with all that belongs to it
    And "neon-city.safetensors" has left its folder, with all that belongs to it
    And no other model has changed

    Examples: a new folder, and one within another
      | folder         | moved                              |
      | "styles"       | styles/neon-city.safetensors       |
      | "styles/night" | styles/night/neon-city.safetensors |
      | "日本"         | 日本/neon-city.safetensors         |

  @needs.own-studio
  Scenario: A model moves back out of its folder
    Given the LoRA "styles/neon-city.safetensors" is in the library, with a picture beside it
    And the recipe "Foggy lighthouse" is saved
    When "styles/neon-city.safetensors" is moved into the folder ""
    Then "neon-city.safetensors" is found everywhere
    And "neon-city.safetensors" is the same model as before
    And the recipe "Foggy lighthouse" has "neon-city.safetensors"

  @severity.critical @needs.own-studio
  Scenario: A recipe that names a folder follows its LoRA into another
    Given the LoRA "styles/neon-city.safetensors" is in the library
    And the LoRA "films/neon-city.safetensors" is in the library
    And the recipe "Foggy lighthouse" is saved with the prompt "a beacon <lora:styles/neon-city:0.8>"
    When "styles/neon-city.safetensors" is moved into the folder "night"
    Then the recipe "Foggy lighthouse" has "night/neon-city.safetensors"
    And no other model has changed

  @severity.blocker @needs.own-studio
  Scenario Outline: A folder <folder> is refused, and nothing is moved
    Given the LoRA "neon-city.safetensors" is in the library, with a picture beside it
    When "neon-city.safetensors" is moved into the folder <folder>
    Then it is refused because "folder"
    And nothing was stored outside the library
    And no model has changed

    Examples: folders that lead elsewhere
      | folder          |
      | "../outside"    |
      | "styles/../.."  |
      | "/tmp"          |
      | "C:/Windows"    |
      | "~/outside"     |
      | "styles\..\.."  |
      | "styles//night" |

  @severity.critical @needs.own-studio
  Scenario: A folder that is a link elsewhere is refused
    Given the LoRA "neon-city.safetensors" is in the library, with a picture beside it
    And "styles" in the LoRA folder is a link to a folder outside
    When "neon-city.safetensors" is moved into the folder "styles"
    Then it is refused because "outside"
    And nothing was stored outside the library
    And no model has changed

  @severity.critical @needs.own-studio
  Scenario Outline: What lies outside the library's folders is not <changed>
    Given "elsewhere/neon-city.safetensors" lies outside, in a folder that is linked into the LoRA folder
    And the LoRA folder has been scanned
    When "elsewhere/neon-city.safetensors" is <changed>
    Then it is refused because "outside"
    And "elsewhere/neon-city.safetensors" is found everywhere
    And no model has changed

    Examples: what would change a file of somebody else's
      | changed                  |
      | moved into the folder "" |
      | renamed to "rain-city"   |

  @severity.critical @needs.own-studio
  Scenario: A place that is taken stays as it is
    Given the LoRA "neon-city.safetensors" is in the library, with a picture beside it
    And the LoRA "styles/neon-city.safetensors" is in the library
    When "neon-city.safetensors" is moved into the folder "styles"
    Then it is refused, because the name is taken
    And no model has changed

  @severity.critical @needs.own-disk @needs.own-studio
  Scenario: A move to a disk without room has never begun
    Given the folder "small" of the LoRAs is a disk with room for 30 KB
    And the LoRA "neon-city.safetensors" of 50 KB is in the library, with a sidecar beside it
    When "neon-city.safetensors" is moved into the folder "small"
    Then it cannot be done, because the disk is full
    And no model has changed

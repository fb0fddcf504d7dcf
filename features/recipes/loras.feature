Feature: A recipe knows its LoRAs, owned or not
  For artists who collect recipes before they own what these need. A LoRA that is forgotten because
  it is missing can never be looked for.

  @severity.critical @needs.own-studio
  Scenario Outline: A recipe that names its LoRA by <designation> finds it in the library
    Given the model "neon-city.safetensors" is in the library
    And a picture that names "neon-city" by <designation>, and "old-film", which nobody has
    When it is saved as the recipe "Foggy lighthouse"
    Then the LoRA "neon-city" of "Foggy lighthouse" is there, as "neon-city.safetensors"
    And the LoRA "old-film" of "Foggy lighthouse" is missing
    And the recipe "Foggy lighthouse" holds the LoRA "old-film" with strength 0.5

    Examples: the ways in which pictures name LoRAs
      | designation                |
      | SHA-256                    |
      | SHA-256 in capital letters |
      | AutoV2 hash                |
      | AutoV3 hash                |
      | its name alone             |

  @severity.blocker @needs.own-studio
  Scenario Outline: A missing LoRA that <arrives> is available at once
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    And the recipe "Foggy lighthouse" is saved with the LoRAs "neon-city 0.8, old-film 0.5"
    When "neon-city.safetensors" <arrives>
    Then the LoRA "neon-city" of "Foggy lighthouse" is there, as "neon-city.safetensors"
    And the LoRA "old-film" of "Foggy lighthouse" is missing
    And no recipe has changed

    Examples: the ways into the library
      | arrives                           |
      | is downloaded to its end          |
      | is copied in, and the folder read |

  @needs.own-studio
  Scenario: A LoRA that has left the library is missing, and stays in the recipe
    Given the model "neon-city.safetensors" is in the library
    And the recipe "Foggy lighthouse" is saved with the LoRAs "neon-city 0.8"
    And "neon-city.safetensors" was deleted from the LoRA folder
    When the LoRA folder is scanned
    Then the LoRA "neon-city" of "Foggy lighthouse" is missing
    And the recipe "Foggy lighthouse" holds the LoRA "neon-city" with strength 0.8
    And no recipe has changed

  @severity.blocker @needs.own-studio
  Scenario: After a LoRA has got a new name, each recipe with it exists once and names the new file
    Given the model "neon-city.safetensors" is in the library
    And the recipe "Foggy lighthouse" is saved with the LoRAs "neon-city 0.8, old-film 0.5"
    And the recipe "Something else" is saved with the LoRAs "old-film 0.5"
    When the model "neon-city.safetensors" gets the name "steam-city"
    Then the recipe "Foggy lighthouse" exists once, with the LoRAs "steam-city 0.8, old-film 0.5"
    And the LoRA "steam-city" of "Foggy lighthouse" is there, as "steam-city.safetensors"
    And no other recipe has changed

  @severity.critical @needs.own-studio
  Scenario: After a checkpoint has got a new name, each recipe with it names the new file
    Given the checkpoint "dreamer.safetensors" is in the library
    And the recipe "Foggy lighthouse" is saved with that checkpoint
    And the recipe "Something else" is saved
    When the model "dreamer.safetensors" gets the name "sleeper"
    Then the checkpoint of "Foggy lighthouse" is there, and is "sleeper"
    And the picture itself tells the recipe "Foggy lighthouse"
    And no other recipe has changed

  @severity.critical @needs.own-studio
  Scenario: A new name of a LoRA survives a restart
    Given the model "neon-city.safetensors" is in the library
    And the recipe "Foggy lighthouse" is saved with the LoRAs "neon-city 0.8"
    And the model "neon-city.safetensors" got the name "steam-city"
    When the studio is restarted
    Then the recipe "Foggy lighthouse" exists once, with the LoRAs "steam-city 0.8"
    And the LoRA "steam-city" of "Foggy lighthouse" is there, as "steam-city.safetensors"
    And the picture itself tells the recipe "Foggy lighthouse"

  Rule: A LoRA is reconnected by hand, that one and no other

    @severity.critical @needs.own-studio
    Scenario Outline: Reconnecting the <position> LoRA replaces exactly that one
      Given the model "steam-city.safetensors" is in the library
      And the recipe "Foggy lighthouse" is saved with the LoRAs "neon-city 0.8, old-film -0.25, neon-city 0.3"
      And the recipe "Something else" is saved with the LoRAs "neon-city 0.8"
      When the <position> LoRA of "Foggy lighthouse" is reconnected to "<target>"
      Then the recipe "Foggy lighthouse" exists once, with the LoRAs "<loras>"
      And the picture itself tells the recipe "Foggy lighthouse"
      And no other recipe has changed

      Examples: each position, each way to name the file
        | position | target                 | loras                                          |
        | first    | steam-city             | steam-city 0.8, old-film -0.25, neon-city 0.3  |
        | second   | steam-city.safetensors | neon-city 0.8, steam-city -0.25, neon-city 0.3 |
        | last     | STEAM-City             | neon-city 0.8, old-film -0.25, steam-city 0.3  |

    @severity.critical @needs.own-studio
    Scenario Outline: Reconnecting <what> is refused
      Given two different models "steam-city.safetensors" are in the library
      And the recipe "Foggy lighthouse" is saved with the LoRAs "neon-city 0.8, old-film 0.5"
      When <what> of "Foggy lighthouse" is reconnected
      Then it is refused because "<why>"
      And no recipe has changed

      Examples: what would be a guess
        | what                                 | why                       |
        | the LoRA after the last              | is no LoRA of this recipe |
        | the LoRA before the first            | is no LoRA of this recipe |
        | a LoRA to a file that nobody has     | fog-bank                  |
        | a LoRA to a name that two files bear | steam-city                |

    @needs.own-studio
    Scenario: Of two files with one name, the folder says which
      Given two different models "steam-city.safetensors" are in the library
      And the recipe "Foggy lighthouse" is saved with the LoRAs "neon-city 0.8, old-film 0.5"
      When the first LoRA of "Foggy lighthouse" is reconnected to "night/steam-city"
      Then the recipe "Foggy lighthouse" exists once, with the LoRAs "steam-city 0.8, old-film 0.5"
      And the first LoRA of "Foggy lighthouse" is the file in "night"

    @needs.own-studio
    Scenario: All recipes are matched with the library at once, and what nobody has is told
      Given the model "neon-city.safetensors" is in the library
      And the recipe "Foggy lighthouse" is saved with the LoRA "neon-city" by a hash that nobody knows
      And the recipe "Something else" is saved with the LoRAs "old-film 0.5"
      When all recipes are matched with the library
      Then the LoRA "neon-city" of "Foggy lighthouse" is there, as "neon-city.safetensors"
      And it is told that "Foggy lighthouse" has changed, and that "old-film" of "Something else" was not matched
      And no other recipe has changed

    @severity.critical @needs.own-studio
    Scenario: Repairing fills in what the picture says and the recipe does not
      Given a picture made by Automatic1111 with
        | prompt | a lighthouse in the fog <lora:neon-city:0.8> |
        | steps  | 28                                           |
        | seed   | 1234567890                                   |
        | size   | 512×768                                      |
      And only its prompt was noted in the recipe "Foggy lighthouse"
      And the recipe "Something else" is saved
      When all recipes are repaired
      Then the recipe "Foggy lighthouse" holds every setting of the picture
      And it is told that "Foggy lighthouse" was repaired, and "Something else" left as it was
      And no other recipe has changed

    @needs.own-studio
    Scenario: Repairing names the recipe whose picture is gone, and spares the others
      Given the recipe "Foggy lighthouse" is saved
      And the recipe "Something else" is saved
      And somebody has removed the picture of "Foggy lighthouse" from the disk
      When all recipes are repaired
      Then it is told that "Foggy lighthouse" could not be repaired, and "Something else" left as it was
      And no other recipe has changed

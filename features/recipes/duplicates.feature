Feature: Duplicates are recognised by what makes a picture, not by its pixels
  For artists whose book has grown for years. The same LoRAs at the same strengths are the same
  recipe, however they are written down; anything less hides what differs.

  @severity.critical @needs.own-studio
  Scenario Outline: "<one>" and "<other>" are the same recipe
    Given the recipe "Beacon" is saved with the LoRAs "<one>"
    And the recipe "Harbour" is saved with the LoRAs "<other>"
    And the recipe "Orchard" is saved with the LoRAs "fog-bank 0.3"
    When duplicates are looked for
    Then "Beacon" and "Harbour" are told as duplicates
    And "Orchard" is no duplicate
    And no recipe has changed

    Examples: written differently
      | one                         | other                                  |
      | neon-city 0.8, old-film 0.5 | neon-city 0.8, old-film 0.5            |
      | neon-city 0.8, old-film 0.5 | old-film 0.5, neon-city 0.8            |
      | neon-city 0.8               | NEON-CITY 0.8                          |
      | neon-city 0.8               | neon-city 0.801                        |
      | neon-city                   | neon-city 1                            |
      | neon-city 0.8               | neon-city 0.8, old-film 0.5 (left out) |
      | version 42 0.5              | version 42 0.5                         |

  @severity.critical @needs.own-studio
  Scenario Outline: "<one>" and "<other>" are different recipes
    Given the recipe "Beacon" is saved with the LoRAs "<one>"
    And the recipe "Harbour" is saved with the LoRAs "<other>"
    When duplicates are looked for
    Then "Beacon" is no duplicate
    And "Harbour" is no duplicate

    Examples: nearly the same
      | one            | other                       |
      | neon-city 0.8  | neon-city 0.81              |
      | neon-city 0.8  | old-film 0.8                |
      | neon-city 0.8  | neon-city -0.8              |
      | neon-city 0.8  | neon-city 0.8, old-film 0.5 |
      | version 42 0.5 | version 43 0.5              |

  @needs.own-studio
  Scenario Outline: The same LoRAs with another prompt are <verdict> when <judged>
    Given the recipe "Beacon" is saved with the LoRAs "neon-city 0.8" and the prompt "a beacon"
    And the recipe "Harbour" is saved with the LoRAs "neon-city 0.8" and the prompt "a harbour"
    And the recipe "Beacon again" is saved with the LoRAs "neon-city 0.8" and the prompt "a beacon"
    When duplicates are looked for, <judged>
    Then the duplicates of "Beacon" are <duplicates>

    Examples: with the prompt, and without
      | judged                     | verdict        | duplicates            |
      | prompts left aside         | duplicates     | Beacon again, Harbour |
      | prompts taken into account | not duplicates | Beacon again          |

  @needs.own-studio
  Scenario: Recipes from the same place are told, whatever their LoRAs
    Given these recipes are saved
      | name    | source                       | LoRAs         |
      | Beacon  | https://gallery.example/1234 | neon-city 0.8 |
      | Harbour | https://gallery.example/1234 | old-film 0.5  |
      | Orchard | https://gallery.example/5678 | ink-wash 1    |
    When duplicates are looked for
    Then "Beacon" and "Harbour" are told to come from the same place
    And "Orchard" is no duplicate

  Scenario: A picture that is about to be saved tells which recipes are the same
    Given the recipe "Beacon" is saved with the LoRAs "neon-city 0.8, old-film 0.5"
    And the recipe "Orchard" is saved with the LoRAs "fog-bank 0.3"
    And a picture with the LoRAs "old-film 0.5, neon-city 0.8"
    When the picture is analysed
    Then "Beacon" is told to be known already
    And "Orchard" is not told to be known already

  @needs.own-studio
  Scenario: A recipe is never its own duplicate
    Given the recipe "Beacon" is saved with the LoRAs "neon-city 0.8"
    And the prompt of "Beacon" was changed to "a beacon at noon"
    When duplicates are looked for
    Then "Beacon" is no duplicate

Feature: The recipe book is leafed through in any order
  For artists who look for what they cannot name. A recipe that two pages show, or none, makes the
  whole book doubtful.

  @needs.virtual-clock
  Scenario Outline: Recipes are listed <order>
    Given these recipes are saved, one a minute
      | name     | LoRAs                                   | opened |
      | Beacon   | neon-city 0.8                           | third  |
      | anchor   | neon-city 0.8, old-film 1, ink-wash 0.5 | first  |
      | Émigré   |                                         | fourth |
      | Zeppelin | neon-city 0.8, old-film 1               | second |
    When recipes are listed <order>
    Then they are, in this order, <names>
    And no recipe has changed

    Examples: every order, and its opposite
      | order                       | names                            |
      | newest first                | Zeppelin, Émigré, anchor, Beacon |
      | oldest first                | Beacon, anchor, Émigré, Zeppelin |
      | from A to Z                 | anchor, Beacon, Émigré, Zeppelin |
      | from Z to A                 | Zeppelin, Émigré, Beacon, anchor |
      | with the most LoRAs first   | anchor, Zeppelin, Beacon, Émigré |
      | with the fewest LoRAs first | Émigré, Beacon, Zeppelin, anchor |
      | last opened first           | Émigré, Beacon, Zeppelin, anchor |
      | longest unopened first      | anchor, Zeppelin, Beacon, Émigré |

  @needs.own-studio
  Scenario: Chance has its own order for each number, and keeps to it
    Given 20 recipes are saved
    When recipes are listed by chance, with number 7
    Then each of them is shown once
    And number 7 lists them in this order again
    And number 8 lists them in another order

  @severity.critical @needs.own-studio
  Scenario Outline: Page by page, each recipe is shown once: <order>
    Given 12 recipes are saved, some of them alike in everything
    When the book is leafed through <order>, 5 to a page
    Then each of them is shown once
    And every page but the last is full
    And no recipe has changed

    Examples: every order
      | order                       |
      | newest first                |
      | oldest first                |
      | from A to Z                 |
      | from Z to A                 |
      | with the most LoRAs first   |
      | with the fewest LoRAs first |
      | last opened first           |
      | longest unopened first      |
      | by chance                   |

  @severity.critical @needs.own-studio
  Scenario Outline: Each recipe is shown once while others are saved: <order>
    Given 12 recipes are saved, some of them alike in everything
    When the book is leafed through <order>, 5 to a page, and one more recipe is saved after each page
    Then each of the first 12 is shown once
    And no recipe is shown twice

    Examples: every order
      | order                       |
      | newest first                |
      | oldest first                |
      | from A to Z                 |
      | from Z to A                 |
      | with the most LoRAs first   |
      | with the fewest LoRAs first |
      | last opened first           |
      | longest unopened first      |
      | by chance                   |

  @needs.own-studio
  Scenario Outline: Only recipes with <what> are listed
    Given these recipes are saved
      | name     | base model     | tags       | favourite | folder       | LoRAs                       | checkpoint |
      | Beacon   | Flux.1 Kontext | sea, night | yes       | trips        | neon-city 0.8               | dreamer    |
      | Fountain | SDXL 1.0       | city       | no        | trips/summer | neon-city 0.5, old-film 0.8 | realist    |
      | Harbour  | Flux.1 Kontext | sea        | no        |              |                             | realist    |
      | Orchard  | SD 1.5         |            | yes       | tripstones   | old-film 1                  | dreamer    |
    When recipes with <what> are listed
    Then exactly these are found: <names>
    And no recipe has changed

    Examples: what recipes are sorted out by
      | what                                    | names             |
      | the base model "Flux.1 Kontext"         | Beacon, Harbour   |
      | the base models "SD 1.5" and "SDXL 1.0" | Fountain, Orchard |
      | a favourite's mark                      | Beacon, Orchard   |
      | no favourite's mark                     | Fountain, Harbour |
      | the tag "sea"                           | Beacon, Harbour   |
      | the tags "sea" and "night"              | Beacon            |
      | anything but the tag "sea"              | Fountain, Orchard |
      | a place in the folder "trips"           | Beacon            |
      | a place in or below the folder "trips"  | Beacon, Fountain  |
      | the LoRA "neon-city"                    | Beacon, Fountain  |
      | the checkpoint "realist"                | Fountain, Harbour |
      | the LoRA "neon-city" and the tag "city" | Fountain          |

  @severity.critical @needs.own-studio
  Scenario Outline: Reading changes no recipe: <reading>
    Given the recipe "Foggy lighthouse" is saved
    And the recipe "Something else" is saved
    When "Foggy lighthouse" is <reading>
    Then no recipe has changed
    And nothing on the disk has changed

    Examples: every way to look at a recipe
      | reading                      |
      | opened                       |
      | looked at in small           |
      | searched for                 |
      | copied as words for a prompt |
      | shared                       |
      | exported                     |
      | compared with all others     |
      | analysed once more           |
      | noted as opened              |

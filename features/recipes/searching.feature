Feature: A recipe is found by whatever one remembers of it
  For artists with ten thousand recipes and half a word in mind. What a search misses is lost, and
  what it shows without reason hides the rest.

  @severity.critical
  Scenario Outline: A recipe is found by <words>
    Given the recipe "Foggy lighthouse" is saved with the prompt "<prompt>"
    And the recipe "Something else" is saved
    When recipes are searched for "<words>"
    Then "Foggy lighthouse" is found
    And "Something else" is not found

    Examples: words with the signs that people use
      | words              | prompt                        |
      | beacon             | an old beacon by the sea      |
      | BEACON sea         | an old beacon by the sea      |
      | sea beacon         | an old beacon by the sea      |
      | 50%                | a beacon, 50% grey            |
      | v1.5               | a beacon in the style of v1.5 |
      | girl's             | a girl's beacon               |
      | girl’s             | a girl's beacon               |
      | masterpiece, dress | masterpiece, a red dress      |
      | neon AND           | neon AND steam                |
      | (red:1.3)          | a (red:1.3) beacon            |
      | ruby-red           | a ruby-red beacon             |
      | @home              | a beacon @home                |

    Examples: words begun, and not finished
      | words    | prompt                        |
      | bea      | an old beacon by the sea      |
      | mast dre | masterpiece, a red dress      |
      | v1       | a beacon in the style of v1.5 |
      | ruby-r   | a ruby-red beacon             |

    Examples: letters with accents, and of other scripts
      | words  | prompt                |
      | quay   | a quày by the sea     |
      | QUÀY   | a quay by the sea     |
      | 日本   | 日本の灯台            |
      | 灯台   | 日本の灯台            |
      | маяк   | старый маяк у моря    |
      | κάστρο | ένα καστρο στη ναυτια |
      | 🗼     | a beacon 🗼 by night  |

  Scenario Outline: A recipe is not found by <words>, which it does not hold
    Given the recipe "Foggy lighthouse" is saved with the prompt "<prompt>"
    And the recipe "Something else" is saved with the prompt "<other>"
    When recipes are searched for "<words>"
    Then "Foggy lighthouse" is not found
    And "Something else" is found

    Examples: nearly the same, and not the same
      | words              | prompt               | other                    |
      | 50%                | 50 beacons           | a beacon, 50% grey       |
      | v1.5               | in the style of v2.5 | in the style of v1.5     |
      | masterpiece, dress | a masterpiece        | a dress, a masterpiece   |
      | neon AND           | neon steam           | neon AND steam           |
      | beacon NOT sea     | a beacon             | a beacon, not by the sea |
      | 日本               | 日の出、本の山       | 日本の灯台               |
      | %                  | a beacon             | a beacon, 50% grey       |

  @needs.own-studio
  Scenario Outline: A search in the <part> looks nowhere else
    Given these recipes are saved
      | name          | prompt           | tags        | LoRAs           |
      | Beacon street | a quiet road     | night       | old-film 0.5    |
      | Quiet road    | a beacon at dawn | morning     | ink-wash 0.5    |
      | Empty square  | a fountain       | beacon, sun | neon-city 0.5   |
      | Back yard     | a washing line   | noon        | beacon-glow 0.5 |
    When recipes are searched for "beacon" in the <part>
    Then exactly these are found: <found>

    Examples: each part alone, two of them, and all
      | part                          | found                                              |
      | title                         | Beacon street                                      |
      | tags                          | Empty square                                       |
      | LoRAs                         | Back yard                                          |
      | prompt                        | Quiet road                                         |
      | title and tags                | Beacon street, Empty square                        |
      | title, tags, LoRAs and prompt | Back yard, Beacon street, Empty square, Quiet road |

  @severity.critical
  Scenario: A recipe is found as soon as it is saved
    Given a picture made by Automatic1111 with the prompt
      """
      an old beacon by the sea
      """
    When it is saved as the recipe "Foggy lighthouse", and looked for at once by "beacon"
    Then "Foggy lighthouse" is found

  Scenario: A changed recipe is found by its new words, and by its old ones no more
    Given the recipe "Foggy lighthouse" is saved with the prompt "an old beacon"
    And the prompt of "Foggy lighthouse" was changed to "a young fountain"
    When recipes are searched for "fountain"
    Then "Foggy lighthouse" is found
    And a search for "beacon" does not find "Foggy lighthouse"

  @severity.critical @needs.own-studio
  Scenario: Every recipe is found while the search is made anew
    Given 60 recipes are saved
    When all recipes are repaired, and meanwhile others search and save
    Then not one of these searches misses a recipe
    And what was saved meanwhile is found, too
    And every recipe is found by its own words

  @needs.own-studio
  Scenario: A search that has lost its words has them again after a repair
    Given 20 recipes are saved
    And what the studio searches by has been damaged
    When all recipes are repaired
    Then every recipe is found by its own words
    And no recipe has changed

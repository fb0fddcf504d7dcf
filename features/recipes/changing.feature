Feature: A recipe is changed by hand, and by one hand at a time
  For artists who keep their book in order. An edit that reaches further than it says, or that wipes
  out somebody else's, is worse than none.

  @severity.critical
  Scenario Outline: The <what> of a recipe is changed, and nothing else
    Given the recipe "Foggy lighthouse" is saved
    And the recipe "Something else" is saved
    When the <what> of "Foggy lighthouse" is changed to "<value>"
    Then the <what> of "Foggy lighthouse" is "<value>", wherever it is told
    And nothing else of "Foggy lighthouse" has changed
    And the picture itself tells the recipe "Foggy lighthouse"
    And no other recipe has changed

    Examples: everything that may be changed
      | what               | value                        |
      | title              | Fog at the harbour           |
      | tags               | sea, 日本, night             |
      | source             | https://gallery.example/1234 |
      | rating             | 5                            |
      | favourite          | yes                          |
      | base model         | Flux.1 Kontext               |
      | prompt             | a lighthouse without fog     |
      | negative prompt    | people, text                 |
      | steps              | 30                           |
      | sampler            | DPM++ 2M                     |
      | guidance           | 3.5                          |
      | seed               | 4294967295                   |
      | size               | 832×1216                     |
      | clip skip          | 2                            |
      | denoising strength | 0.55                         |
      | checkpoint         | dreamer                      |

  @severity.blocker
  Scenario Outline: The <what> of a recipe cannot be changed by hand
    Given the recipe "Foggy lighthouse" is saved
    When the <what> of "Foggy lighthouse" is to be changed to "<value>"
    Then it is refused because "not a known field"
    And no recipe has changed
    And nothing on the disk has changed

    Examples: what belongs to the studio, and what nobody knows
      | what              | value            |
      | picture's file    | ../../etc/passwd |
      | picture's address | /etc/passwd      |
      | number            | 7                |
      | fingerprint       | abc:1.0          |
      | version           | 99               |
      | colour            | red              |

  Scenario Outline: A <what> of "<value>" is refused
    Given the recipe "Foggy lighthouse" is saved
    When the <what> of "Foggy lighthouse" is to be changed to "<value>"
    Then it is refused because "<why>"
    And no recipe has changed

    Examples: what no recipe can have
      | what   | value | why               |
      | rating | 6     | at most 5         |
      | rating | -1    | at least 0        |
      | title  |       | must not be blank |
      | steps  | 0     | at least 1        |
      | seed   | -2    | at least -1       |

  @needs.own-studio
  Scenario: A recipe called like a place outside stays in the book
    Given the recipe "Foggy lighthouse" is saved
    When the title of "Foggy lighthouse" is changed to "../../../etc/passwd"
    Then the title of "Foggy lighthouse" is "../../../etc/passwd", wherever it is told
    And every picture on the disk belongs to a recipe

  @needs.own-studio
  Scenario: A change survives a restart
    Given the recipe "Foggy lighthouse" is saved
    And the prompt of "Foggy lighthouse" was changed to "a lighthouse without fog"
    When the studio is restarted
    Then the prompt of "Foggy lighthouse" is "a lighthouse without fog", wherever it is told
    And the picture itself tells the recipe "Foggy lighthouse"
    And no recipe has changed

  Rule: Nobody overwrites what they have not seen

    @severity.blocker
    Scenario: The second of two editors is told, and the first one's work stays
      Given the recipe "Foggy lighthouse" is saved
      And two editors have opened "Foggy lighthouse"
      And the first editor has changed its prompt to "a lighthouse at noon"
      When the second editor changes its prompt to "a lighthouse at midnight"
      Then it is refused because "changed"
      And the prompt of "Foggy lighthouse" is "a lighthouse at noon", wherever it is told

    @severity.critical
    Scenario: Of ten editors at the same moment exactly one succeeds
      Given the recipe "Foggy lighthouse" is saved
      And the recipe "Something else" is saved
      When ten editors who have seen the same change the prompt of "Foggy lighthouse" at once
      Then one of them succeeds, and nine are told
      And the prompt of "Foggy lighthouse" is the one of whoever succeeded, wherever it is told
      And no other recipe has changed

    Scenario: An editor who looks again may change what the first one has changed
      Given the recipe "Foggy lighthouse" is saved
      And two editors have opened "Foggy lighthouse"
      And the first editor has changed its prompt to "a lighthouse at noon"
      When the second editor looks again, and changes its rating to "5"
      Then the rating of "Foggy lighthouse" is "5", wherever it is told
      And the prompt of "Foggy lighthouse" is "a lighthouse at noon", wherever it is told

    Scenario: Whoever does not say what they have seen changes nothing
      Given the recipe "Foggy lighthouse" is saved
      When somebody who does not say what they have seen changes the prompt of "Foggy lighthouse" to "a fountain"
      Then it is refused because "that you have seen"
      And no recipe has changed

  Rule: Recipes are moved inside the book, and nowhere else

    @severity.critical @needs.own-studio
    Scenario: Recipes are moved together, and everything else of them stays
      Given the recipe "Foggy lighthouse" is saved
      And the recipe "Something else" is saved
      When "Foggy lighthouse" and "Something else" are moved to the folder "trips/summer"
      Then the folder "trips/summer" holds "Foggy lighthouse" and "Something else"
      And nothing else of "Foggy lighthouse" has changed
      And nothing else of "Something else" has changed

    @severity.blocker @needs.own-studio
    Scenario Outline: No recipe is moved to "<folder>"
      Given the recipe "Foggy lighthouse" is saved
      When "Foggy lighthouse" is to be moved to the folder "<folder>"
      Then it is refused because "folder"
      And no recipe has changed
      And nothing on the disk has changed

      Examples: places outside, in every spelling
        | folder          |
        | ..              |
        | ../outside      |
        | trips/../../tmp |
        | /tmp            |
        | C:/temp         |

    Scenario: Of recipes that are to be moved together, one that is not there keeps the others where they are
      Given the recipe "Foggy lighthouse" is saved
      When "Foggy lighthouse" is to be moved together with a recipe that never was
      Then it is refused because "no recipe"
      And no recipe has changed

Feature: A folder of pictures becomes recipes
  For artists who come with years of pictures. One damaged file must not cost the other hundred,
  and whoever starts again must not find everything twice.

  @severity.blocker @needs.own-studio
  Scenario: Of 200 pictures the damaged ones are reported, and all others kept
    Given a folder "holiday" of 200 pictures, of which 7 are damaged
    When the folder "holiday" is imported
    Then the import is completed, with 193 recipes added and 7 pictures reported by name
    And each of these recipes holds its own picture's settings
    And every picture on the disk belongs to a recipe
    And the folder "holiday" is as it was

  @severity.critical @needs.own-studio
  Scenario: What was imported is not added again
    Given a folder "holiday" of 20 pictures, of which 2 are damaged
    And the folder "holiday" was imported
    When the folder "holiday" is imported
    Then the import is completed, with nothing added, 18 passed over and 2 pictures reported by name
    And no recipe has changed

  @severity.critical @needs.own-studio
  Scenario Outline: <count> at a time means <count> at a time
    Given 12 pictures are on offer in the net, which keep everybody waiting
    When these pictures are imported, <count> at a time
    Then <count> of them are fetched at once, and not one more
    And the import is completed once the net answers, with 12 recipes added

    Examples: the least, more than usual, and the most
      | count |
      | 1     |
      | 5     |
      | 10    |

  @needs.own-studio
  Scenario: Three pictures are imported at a time when nobody says how many
    Given 12 pictures are on offer in the net, which keep everybody waiting
    When these pictures are imported
    Then 3 of them are fetched at once, and not one more
    And the import is completed once the net answers, with 12 recipes added

  Scenario Outline: Pictures are not imported <count> at a time
    Given 2 pictures in hand
    When these pictures are imported, <count> at a time
    Then it is refused because "<why>"
    And no recipe was saved

    Examples: outside of one to ten
      | count | why        |
      | 0     | at least 1 |
      | 11    | at most 10 |

  @severity.critical @needs.own-studio
  Scenario: What was imported before a cancel stays, and nothing more comes
    Given 12 pictures are on offer in the net, of which the last 8 keep everybody waiting
    And their import has brought the first 4
    When the import is cancelled
    Then the import is cancelled, with 4 recipes added
    And there are 4 recipes, even when the net answers
    And every picture on the disk belongs to a recipe

  @severity.critical @needs.own-studio
  Scenario: A listener hears of each picture once, and only of what has changed
    Given 12 pictures are on offer in the net, of which 2 are damaged, and which keep everybody waiting
    And their import has begun, and somebody listens to it
    When the net answers, and the import is over
    Then each picture is told once, as imported or as failed
    And each word tells of one picture, and how many are done
    And the last word tells how it ended

  @severity.blocker @needs.own-studio
  Scenario Outline: The folder <folder> is never imported
    Given a folder "holiday" of 2 pictures, of which 0 are damaged
    When the folder <folder> is imported
    Then it is refused because "folder"
    And no recipe was saved

    Examples: outside of the folder for imports, and not there at all
      | folder                 |
      | "../home"              |
      | "/"                    |
      | "holiday/../../models" |
      | "never-there"          |

  @needs.own-studio
  Scenario: A picture that lies in a folder twice becomes one recipe
    Given a folder "holiday" of 3 pictures, of which 0 are damaged
    And a copy of each lies in the folder "holiday", too
    When the folder "holiday" is imported
    Then the import is completed, with 3 recipes added and 3 passed over

  @needs.own-studio
  Scenario: Imported recipes go where they belong, with the tags that were asked for
    Given a folder "holiday" of 3 pictures, of which 0 are damaged
    When the folder "holiday" is imported into "trips/summer" with the tags "sea, 日本"
    Then the import is completed, with 3 recipes added
    And each of these recipes is in the folder "trips/summer" and has the tags "sea, 日本"

  @needs.own-studio
  Scenario: Uploaded pictures are imported like a folder
    Given 5 pictures in hand, of which 1 is damaged
    When these pictures are imported
    Then the import is completed, with 4 recipes added and 1 picture reported by name
    And each of these recipes holds its own picture's settings

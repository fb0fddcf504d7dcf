Feature: A character has reference pictures
  For storytellers who need one face in every picture. She is described once; her reference
  pictures are made, kept and fetched.

  @severity.critical
  Scenario: A character described is a character seen
    When reference pictures are made of "a captain with a red coat"
    Then there are 4 reference pictures
    And each of them can be fetched and is a picture

  Scenario Outline: As many reference pictures are made as are asked for: <count>
    When <count> reference pictures are made of "a captain with a red coat"
    Then there are <count> reference pictures
    And each of them can be fetched and is a picture

    Examples: every number that is allowed
      | count |
      | 1     |
      | 2     |
      | 3     |
      | 4     |

  Scenario: The pictures of one character differ from each other
    When reference pictures are made of "a captain with a red coat"
    Then no two of them are the same

  Scenario: The same seed makes the same character
    Given reference pictures were made of "a captain with a red coat" with seed 7
    When reference pictures are made of "a captain with a red coat" with seed 7
    Then they are the same as before

  @needs.own-studio
  Scenario: A character survives a restart
    Given reference pictures were made of "a captain with a red coat"
    When the studio is restarted
    Then each of them can be fetched and is a picture

  Scenario Outline: <count> reference pictures are refused
    When <count> reference pictures are asked for of "a captain with a red coat"
    Then it is refused because "num_images"

    Examples: outside of one to four, or no number at all
      | count |
      | 0     |
      | 5     |
      | 2.5   |

  Scenario: A character nobody described is refused
    When reference pictures are made of " "
    Then it is refused because "description"

  Scenario: A reference picture that never was is not found
    When the reference picture "6f1c2c1e-0000-4000-8000-000000000000" is fetched
    Then it is refused because "not found"

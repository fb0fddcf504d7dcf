Feature: No name opens what it should not
  For whoever opens a studio to others. A picture's name that leads to another file is the oldest
  way into a machine.

  @severity.blocker
  Scenario Outline: A picture that is named with <id> cannot be had, and nothing else either
    When the picture named with <id> is fetched
    Then it is refused as a name that is none
    And no reference picture has come or gone

    Examples: what leads elsewhere, looks alike or is cut off
      | id                       |
      | a path that climbs out   |
      | an encoded path          |
      | a doubly encoded path    |
      | capital letters          |
      | digits of another script |
      | letters that look alike  |
      | an end that is none      |
      | a line break behind it   |
      | an extension             |
      | no hyphens               |
      | ten thousand letters     |
      | a wildcard               |

  @severity.blocker
  Scenario Outline: A name that is none is refused when it <deed>
    Given "captain.png" was uploaded
    When the picture named with an encoded path <deed>
    Then it is refused as a name that is none
    And no reference picture has come or gone

    Examples: everything that can be done to a picture
      | deed           |
      | is shown small |
      | gets a label   |
      | is deleted     |

  Scenario Outline: A picture that never was is told as such when it <deed>
    Given "captain.png" was uploaded
    When the picture "6f1c2c1e-0000-4000-8000-000000000000" <deed>
    Then it is refused because "not found"
    And no reference picture has come or gone

    Examples: everything that can be done to a picture
      | deed           |
      | is shown small |
      | gets a label   |
      | is deleted     |

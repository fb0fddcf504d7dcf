Feature: A character has reference pictures
  For storytellers who need one face in every picture. She is described once; her reference
  pictures are made, kept and fetched.

  @severity.critical
  Scenario: A character described is a character seen
    When reference pictures are made of "a captain with a red coat"
    Then there are 4 reference pictures
    And each of them can be fetched and is a picture
    And the list shows each of them

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
    And no two of them are the same

  @needs.own-studio
  Scenario: A character survives a restart
    Given reference pictures were made of "a captain with a red coat"
    When the studio is restarted
    Then each of them can be fetched and is a picture
    And the list shows each of them

  Scenario Outline: <count> reference pictures are refused
    When <count> reference pictures are asked for of "a captain with a red coat"
    Then it is refused because "num_images"
    And nothing was painted for it
    And no reference picture has come or gone

    Examples: outside of one to four, or no number at all
      | count |
      | 0     |
      | 5     |
      | -1    |
      | 2.5   |
      | abc   |
      | true  |
      | null  |

  Scenario: A character nobody described is refused
    When reference pictures are made of " "
    Then it is refused because "description"
    And nothing was painted for it
    And no reference picture has come or gone

  Scenario: A reference picture that never was is not found
    When the reference picture "6f1c2c1e-0000-4000-8000-000000000000" is fetched
    Then it is refused because "Character reference image with ID 6f1c2c1e-0000-4000-8000-000000000000 not found"

  Scenario Outline: Reference pictures come as <kind> files
    When reference pictures are made of "a captain with a red coat" as <kind>
    Then there are 4 reference pictures
    And each of them can be fetched and is a picture
    And each of them is a <kind> file

    Examples: the kinds that every program reads
      | kind |
      | PNG  |
      | JPEG |
      | WEBP |

  Scenario Outline: Reference pictures have the proportions <width> to <height>
    When reference pictures are made of "a captain with a red coat", <width> to <height>
    Then each of them is <width> to <height>

    Examples: upright, lying and square
      | width | height |
      | 1     | 1      |
      | 3     | 4      |
      | 16    | 9      |

  Scenario: Who wants no pictures in the answer fetches them
    When reference pictures are made of "a captain with a red coat", to be fetched later
    Then there are 4 reference pictures
    And the answer holds none of them
    And each of them can be fetched and is a picture

  @severity.critical @needs.virtual-clock
  Scenario: Others are answered while a character is being made
    Given each inference step takes 1 second
    When others look around while reference pictures are made of "a captain with a red coat"
    Then each of the others was answered meanwhile
    And there are 4 reference pictures

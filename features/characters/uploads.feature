Feature: A character may have pictures that people bring
  For storytellers who have drawn or photographed their captain already. What they bring is kept
  as it came, whatever its file is called.

  @severity.critical
  Scenario Outline: An uploaded <kind> picture comes back byte for byte
    When a <kind> picture is uploaded as "<name>"
    Then it is kept byte for byte
    And it is told as a <kind> file called "<name>"
    And the list shows it, called "<name>"

    Examples: the kinds that are taken
      | kind | name         |
      | PNG  | captain.png  |
      | JPEG | captain.jpeg |
      | WEBP | captain.webp |

  Scenario: A picture is what it holds, not what its name says
    When a JPEG picture is uploaded as "captain.png"
    Then it is kept byte for byte
    And it is told as a JPEG file called "captain.png"

  @severity.critical
  Scenario: A picture of exactly as many bytes as are allowed is taken
    When a picture of exactly the largest size is uploaded
    Then it is kept byte for byte

  @severity.critical
  Scenario: A picture of one byte more is refused
    When a picture of one byte more than the largest size is uploaded
    Then it is refused because "10 MiB"
    And no reference picture has come or gone

  Scenario: A picture of exactly as many pixels as are allowed is taken
    When a picture of 6000×6000 is uploaded
    Then it is kept byte for byte

  @severity.critical
  Scenario: A picture of a few pixels more is refused
    When a picture of 6001×6000 is uploaded
    Then it is refused because "pixels"
    And no reference picture has come or gone

  @severity.blocker
  Scenario Outline: A file named with <name> does no harm
    When a picture is uploaded whose name is <name>
    Then it is kept byte for byte
    And the name that is told is harmless
    And nothing but the picture has come to lie on the disk

    Examples: what people and programs send as names
      | name                        |
      | a path that climbs out      |
      | a path of Windows           |
      | a path from the root        |
      | three hundred letters       |
      | nothing but a dot           |
      | a line break                |
      | letters that read backwards |
      | a web page's tag            |
      | letters of many scripts     |
      | the name of a key           |

  Scenario: An upload without a file is refused
    When an upload comes without a file
    Then it is refused because "file"
    And no reference picture has come or gone

  Scenario: Two uploads of one name are two pictures
    Given "captain.png" was uploaded
    When a WEBP picture is uploaded as "captain.png"
    Then it is kept byte for byte
    And the list shows 2 pictures more than at first

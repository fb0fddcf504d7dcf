Feature: A picture can follow another one
  For artists who have a picture and want it changed. A reference that is lost, or looked up
  where it must not be, gives a stranger's picture or a stranger's secrets.

  @severity.critical @needs.references @needs.colours
  Scenario Outline: What is made <colour> changes its colour and keeps its place
    Given a reference picture of a <shape> in <before>
    When "make it <colour>" is asked for with the reference
    Then the picture shows <colour>
    And the <shape> is where it was

    Examples: each shape once
      | before | shape    | colour |
      | red    | circle   | blue   |
      | green  | square   | red    |
      | blue   | triangle | yellow |

  @needs.references
  Scenario Outline: A reference is the same, however it comes: <way>
    Given a reference picture of a circle in red
    And "make it blue" was asked for with the reference
    When "make it blue" is asked for with the reference <way>
    Then both pictures look the same

    Examples: every way there is
      | way                 |
      | as an uploaded file |
      | by its address      |

  @needs.references
  Scenario: A character that was kept is a reference
    Given reference pictures were made of "a captain with a red circle"
    When "make it blue" is asked for with the character's reference picture
    Then the picture shows blue

  @needs.references
  Scenario: An edit is told from a picture that comes from words alone
    Given a reference picture of a circle in red
    And a job for "a red circle" has completed
    And a job for "make it blue" with the reference has completed
    When the edits are listed
    Then only "make it blue" is listed

  @needs.comfyui
  Scenario Outline: FLUX.1-Kontext in parts edits, too: <shape>
    Given the servers paint with FLUX.1-Kontext in parts
    And a reference picture of a <shape> in red
    When "make it blue" is asked for with the reference
    Then the picture shows blue
    And the <shape> is where it was

    Examples: shapes that differ in how much of their box they fill
      | shape    |
      | circle   |
      | triangle |

  @needs.references
  Scenario: The reference matters
    Given a reference picture of a circle in red
    And "make it blue" was asked for with the reference
    And a reference picture of a square in red
    When "make it blue" is asked for with the reference
    Then the two pictures differ

  Rule: What is no picture, or must not be looked up, is refused before anything is painted

    @needs.references
    Scenario Outline: <what> as a reference is refused
      When "make it blue" is asked for with <what> as its reference
      Then it is refused because "<why>"
      And there is no picture

      Examples: what people send by mistake, or on purpose
        | what                             | why       |
        | an empty file                    | picture   |
        | a web page                       | picture   |
        | half a picture                   | damaged   |
        | a picture of far too many pixels | pixels    |
        | a character nobody described     | character |

    @severity.critical @needs.references
    Scenario Outline: A reference at <address> is never looked up
      When "make it blue" is asked for with a reference at "<address>"
      Then it is refused because "<why>"
      And the fault is in image_url

      Examples: the studio's own disk, other doors, no address
        | address                 | why  |
        | file:///etc/hostname    | http |
        | ftp://example.com/a.png | http |
        | nonsense                | http |

    @severity.critical @needs.references @needs.own-studio
    Scenario: A reference inside the studio's own network is never looked up
      Given a reference picture of a circle in red
      And downloads from private addresses are not allowed
      When "make it blue" is asked for with the reference by its address
      Then it is refused because "private"
      And nobody asked for the reference

    @needs.references
    Scenario: A web page where a reference should be is refused
      Given a web page stands where the reference should be
      When "make it blue" is asked for with the reference by its address
      Then it is refused because "picture"
      And there is no picture

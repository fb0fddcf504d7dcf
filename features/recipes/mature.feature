Feature: In safe mode, mature pictures are hidden
  For whoever shows the book to others, or to children. A single way round it, and safe mode is a
  promise that cannot be given.

  @severity.critical @needs.own-studio
  Scenario Outline: In safe mode a mature recipe is listed, and <shown> does not show its picture
    Given safe mode is on
    And the mature recipe "Foggy lighthouse" is saved
    And the recipe "Something else" is saved
    When <shown> of "Foggy lighthouse" is asked for
    Then it is refused because "safe mode"
    And "Foggy lighthouse" is listed without its picture
    And "Something else" is listed with its picture

    Examples: every way to a picture
      | shown                     |
      | the picture               |
      | the small picture         |
      | the picture behind a link |

  @needs.own-studio
  Scenario: Without safe mode a mature recipe shows its picture
    Given safe mode is on
    And the mature recipe "Foggy lighthouse" is saved
    When the safe mode is set to off
    Then "Foggy lighthouse" is listed with its picture
    And no recipe has changed

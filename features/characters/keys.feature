Feature: Only those who may use the studio reach its characters
  For whoever opens a studio to others. Each picture that a stranger has made is paid for by its owner.

  @severity.blocker @needs.own-studio
  Scenario Outline: <caller> cannot have a character made: it is <verdict>
    Given the studio's key is "lighthouse"
    When <caller> has reference pictures made
    Then it is <verdict>
    And the key that was missing is asked for
    And no reference picture has come or gone

    Examples: with another key, with none, and with one that is nearly right
      | caller                   | verdict     |
      | a holder of "lampshade"  | turned away |
      | a holder of "Lighthouse" | turned away |
      | a holder of ""           | turned away |
      | somebody without a key   | turned away |

  @severity.critical @needs.own-studio
  Scenario: Who holds the key has a character made
    Given the studio's key is "lighthouse"
    When a holder of "lighthouse" has reference pictures made
    Then there are 4 reference pictures

  @severity.critical @needs.own-studio
  Scenario: A picture is shown only to those who hold the key
    Given the studio's key is "lighthouse"
    And a holder of "lighthouse" had reference pictures made
    When somebody without a key fetches the first of them
    Then it is turned away
    And the key that was missing is asked for

  @severity.blocker @needs.own-studio
  Scenario: A key is told by nobody, right or wrong
    Given the studio's key is "lighthouse"
    And the studio's log is read along
    When a holder of "lampshade" has reference pictures made
    Then it is turned away
    And neither "lighthouse" nor "lampshade" is told anywhere

  @severity.critical @needs.own-studio
  Scenario: Without keys, a studio that is called by a foreign name does not answer
    When somebody who calls the studio "studio.evil.example" has reference pictures made
    Then it is turned away
    And no reference picture has come or gone

Feature: Only those who may use the studio
  For whoever opens a studio to others. A page in somebody's browser, or a stranger in the
  network, must not spend its time or read its pictures.

  @severity.critical @needs.own-studio
  Scenario Outline: A studio with keys answers <caller>: <verdict>
    Given the studio's key is "lighthouse"
    When <caller> asks for the downloads
    Then it is <verdict>

    Examples: with the key, with another, with none
      | caller                   | verdict     |
      | a holder of "lighthouse" | answered    |
      | a holder of "lampshade"  | turned away |
      | somebody without a key   | turned away |

  @severity.critical
  Scenario: A foreign web page is turned away
    When a page of "https://evil.example" asks for the downloads
    Then it is refused because "https://evil.example"

  @needs.own-studio
  Scenario: A web page that was let in is answered
    Given pages of "https://gallery.example" are let in
    When a page of "https://gallery.example" asks for the downloads
    Then it is answered
    And pages of "https://gallery.example" may read the answer

  @needs.own-studio
  Scenario: A listener without the key hears nothing
    Given the studio's key is "lighthouse"
    When somebody without a key listens to the downloads
    Then the listener is turned away

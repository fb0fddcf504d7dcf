Feature: A reference picture is sent as browsers expect it
  For galleries that show a hundred faces. What is sent twice, or taken for something else, costs
  time, or more.

  Background:
    Given "captain.png" was uploaded

  Scenario: Who only asks about a picture is told what is there
    When somebody asks about "captain.png" without fetching it
    Then it is told as it would be sent, and nothing is sent

  Scenario Outline: Of a picture <part> can be had
    When <part> of "captain.png" are fetched
    Then exactly <part> of "captain.png" are sent

    Examples: from the front, in the middle, to the end, from the end
      | part               |
      | the first 10 bytes |
      | bytes 20 to 29     |
      | all from byte 40   |
      | the last 10 bytes  |

  Scenario: Behind the end there is nothing to be had
    When what lies behind the end of "captain.png" is fetched
    Then it is refused because "range"

  Scenario: A picture that somebody holds already is not sent again
    When "captain.png" is fetched by somebody who holds it already
    Then it is told to be the same, and nothing is sent

  @severity.critical
  Scenario: A picture is never taken for something else
    When "captain.png" is fetched
    Then it is sent as the picture that it is, to be taken for nothing else

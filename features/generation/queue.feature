Feature: Jobs wait for their turn
  For everybody who shares a studio. A queue that forgets, mixes up or lets somebody starve
  is worse than being told to come back later.

  @severity.critical @needs.virtual-clock
  Scenario: First come, first served
    Given each inference step takes 10 seconds
    And a job for "a red circle" is running
    And these jobs wait
      | job             |
      | a blue circle   |
      | a green circle  |
      | a yellow circle |
    When the backend goes on until nothing is left to paint
    Then the jobs were painted in this order
      | job             |
      | a red circle    |
      | a blue circle   |
      | a green circle  |
      | a yellow circle |

  @needs.virtual-clock
  Scenario: Whoever waits is told the place in the queue
    Given each inference step takes 10 seconds
    And a job for "a red circle" is running
    And a job for "a blue circle" waits
    When a job for "a green circle" is asked for
    Then the job "a blue circle" waits in place 1
    And the job "a green circle" waits in place 2
    And the job "a red circle" waits in no place

  @needs.virtual-clock
  Scenario: An urgent job overtakes those that wait, and not the one that is being painted
    Given each inference step takes 10 seconds
    And a job for "a red circle" is running
    And a job for "a blue circle" waits
    And an urgent job for "a green circle" waits
    When the backend goes on until nothing is left to paint
    Then the jobs were painted in this order
      | job            |
      | a red circle   |
      | a green circle |
      | a blue circle  |

  @needs.virtual-clock
  Scenario: Among urgent jobs, too, the first comes first
    Given each inference step takes 10 seconds
    And a job for "a red circle" is running
    And an urgent job for "a green circle" waits
    And an urgent job for "a blue circle" waits
    When the backend goes on until nothing is left to paint
    Then the jobs were painted in this order
      | job            |
      | a red circle   |
      | a green circle |
      | a blue circle  |

  @severity.blocker
  Scenario: Eight clients at once each get their own picture
    Given eight pictures were made one after the other
    When eight clients ask for the same pictures at once
    Then each gets its own picture, byte for byte

  @severity.critical @needs.virtual-clock @needs.colours
  Scenario: Two pictures that are painted at the same time are not mixed up
    Given two pictures can be painted at the same time
    And each inference step takes 10 seconds
    And a job for "a red circle" is running
    And a job for "a blue square" is running
    When the backend goes on until nothing is left to paint
    Then the picture of "a red circle" shows red
    And the picture of "a blue square" shows blue

  @severity.critical @needs.own-studio @needs.colours @needs.shapes
  Scenario: A hundred jobs from ten clients are neither lost nor mixed up
    When ten clients ask for 100 jobs at once
    Then each of them ends with its own picture, none lost, none mixed up

  Rule: A full queue says so, and when to come back

    @needs.virtual-clock
    Scenario: One job more than may wait is turned down until later
      Given each inference step takes 10 seconds
      And 2 jobs may wait
      And a job for "a red circle" is running
      And these jobs wait
        | job            |
        | a blue circle  |
        | a green circle |
      When a job for "a yellow circle" is asked for
      Then it is turned down until later, because "2"
      And the studio knows no job for "a yellow circle"

    @needs.virtual-clock
    Scenario: The last job that may wait is taken
      Given each inference step takes 10 seconds
      And 2 jobs may wait
      And a job for "a red circle" is running
      And a job for "a blue circle" waits
      When a job for "a green circle" is asked for
      Then the job "a green circle" waits in place 2

    @needs.virtual-clock
    Scenario: Whoever waits for the answer is turned down, too
      Given each inference step takes 10 seconds
      And 1 job may wait
      And a job for "a red circle" is running
      And a job for "a blue circle" waits
      When a picture of "a yellow circle" is made at 256×256
      Then it is turned down until later, because "1"
      And the studio knows no job for "a yellow circle"

    @needs.virtual-clock
    Scenario: A full queue loses nobody who waits
      Given each inference step takes 10 seconds
      And 1 job may wait
      And a job for "a red circle" is running
      And a job for "a blue circle" waits
      And a job for "a yellow circle" was turned down
      When the backend goes on until nothing is left to paint
      Then the jobs were painted in this order
        | job           |
        | a red circle  |
        | a blue circle |

Feature: A job can be called off
  For artists who see that it will not be what they wanted. A job that paints on blocks
  everybody else; a half-baked picture that is kept misleads.

  @severity.critical @needs.virtual-clock
  Scenario: A waiting job that is cancelled is never painted
    Given each inference step takes 10 seconds
    And a job for "a red circle" is running
    And a job for "a blue circle" waits
    And the job "a blue circle" was cancelled
    When the backend goes on until nothing is left to paint
    Then the jobs were painted in this order
      | job          |
      | a red circle |
    And the job "a blue circle" is cancelled

  @severity.critical @needs.virtual-clock
  Scenario Outline: A running job ends within one inference step: after <done> of 4
    Given each inference step takes 10 seconds
    And a job for "a red circle" is running, with <done> of its 4 inference steps done
    When the job "a red circle" is cancelled, and one more inference step passes
    Then the job "a red circle" is cancelled
    And the backend paints it no more
    And the job "a red circle" has no picture

    Examples: before the first step is done, in the middle, before the last
      | done |
      | 0    |
      | 2    |
      | 3    |

  @severity.critical @needs.virtual-clock
  Scenario: The picture after a cancelled one is right
    Given each inference step takes 10 seconds
    And a job for "a red circle" was cancelled while it ran
    When a job for "a blue circle" runs to its end
    Then the job "a blue circle" is complete
    And it is the picture that "a blue circle" makes without a job
    And the job "a red circle" is cancelled

  @needs.virtual-clock
  Scenario: Whoever waits moves up when a job before is cancelled
    Given each inference step takes 10 seconds
    And a job for "a red circle" is running
    And a job for "a blue circle" waits
    And a job for "a green circle" waits
    When the job "a blue circle" is cancelled
    Then the job "a green circle" waits in place 1

  @severity.critical @needs.virtual-clock
  Scenario: A client that hangs up frees its place
    Given each inference step takes 10 seconds
    And somebody who waited for "a red circle" has hung up
    When a job for "a blue circle" runs to its end
    Then the job "a blue circle" is complete
    And nothing was kept for the one who hung up

  @needs.virtual-clock
  Scenario: A client that hangs up while it waits for its turn is forgotten
    Given each inference step takes 10 seconds
    And a job for "a blue circle" is running
    And every place is taken
    And somebody who waited for "a red circle" has hung up
    When the backend goes on until nothing is left to paint
    Then the jobs were painted in this order
      | job           |
      | a blue circle |
    And nothing was kept for the one who hung up

  Scenario: A job that was completed cannot be cancelled
    Given a job for "a red circle" has completed
    When the job "a red circle" is cancelled
    Then it is refused because "completed"
    And its picture can be fetched, and measures 256×256

  @needs.virtual-clock
  Scenario: Cancelling twice changes nothing
    Given each inference step takes 10 seconds
    And somebody listens to the jobs
    And a job for "a red circle" was cancelled while it ran
    When the job "a red circle" is cancelled
    Then the job "a red circle" is cancelled
    And the listeners hear of one end of the job "a red circle", that it was cancelled

  Rule: A ComfyUI server, too, stops for nothing and nobody but the cancelled job

    @needs.comfyui
    Scenario: What is cancelled while it waits at the server leaves its queue
      Given the server is busy with somebody else's picture
      And a job for "a red circle" is waiting at the server
      When the job "a red circle" is cancelled
      Then the job "a red circle" is cancelled
      And nothing of ours is left at the server
      And somebody else's picture is still being painted

    @needs.comfyui
    Scenario: A picture that comes too late changes nothing
      Given each inference step takes 10 seconds
      And the server does not hear that it shall stop
      And a job for "a red circle" is running, with 3 of its 4 inference steps done
      When the job "a red circle" is cancelled, and one more inference step passes
      Then the server finishes "a red circle" nevertheless
      And the job "a red circle" is cancelled
      And the job "a red circle" has no picture

    @needs.comfyui
    Scenario: A server that loses the word to stop is told again
      Given each inference step takes 10 seconds
      And the server loses the word to stop once
      And a job for "a red circle" is running
      When the job "a red circle" is cancelled, and one more inference step passes
      Then the job "a red circle" is cancelled
      And nothing of ours is left at the server
      And the server was told to stop more than once

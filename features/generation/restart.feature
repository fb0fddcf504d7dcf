Feature: Jobs outlive the studio
  For whoever updates a studio, or trips over its cable, while pictures are being made. A
  job that is lost, or painted twice, is paid for twice.

  @severity.critical @needs.virtual-clock
  Scenario: Jobs that wait survive a restart, in their order
    Given each inference step takes 10 seconds
    And a job for "a red circle" is running
    And a job for "a blue circle" waits
    And an urgent job for "a green circle" waits
    When the studio is restarted, and goes on until nothing is left to paint
    Then the jobs were painted in this order
      | job            |
      | a red circle   |
      | a green circle |
      | a blue circle  |

  @severity.critical @needs.virtual-clock
  Scenario Outline: A job that was being painted ends with exactly one picture: <done> of 4 steps were done
    Given each inference step takes 10 seconds
    And a job for "a red circle" is running, with <done> of its 4 inference steps done
    When the studio is restarted, and goes on until nothing is left to paint
    Then the job "a red circle" is complete
    And it is the picture that "a red circle" makes without a job
    And exactly one picture of "a red circle" is kept

    Examples: at the beginning, and before the last step
      | done |
      | 0    |
      | 3    |

  @severity.critical @needs.virtual-clock
  Scenario: A job outlives a studio that is killed
    Given each inference step takes 10 seconds
    And a job for "a red circle" is running in a studio that may be killed
    When the studio is killed, started anew, and goes on until nothing is left to paint
    Then the job "a red circle" is complete
    And it is the picture that "a red circle" makes without a job
    And exactly one picture of "a red circle" is kept

  @needs.own-studio
  Scenario: A finished job and its picture survive a restart
    Given a job for "a red circle" has completed
    When the studio is restarted
    Then the job "a red circle" is complete
    And it is the picture that "a red circle" makes without a job

  @needs.virtual-clock
  Scenario: A cancelled job stays cancelled after a restart
    Given each inference step takes 10 seconds
    And a job for "a red circle" was cancelled while it ran
    When the studio is restarted, and goes on until nothing is left to paint
    Then the job "a red circle" is cancelled
    And the job "a red circle" has no picture

  @needs.own-studio @needs.memory-limits
  Scenario: A failed job stays failed after a restart
    Given the backend has memory for 256×256
    And a job for "a red circle" at 512×512 has failed
    When the studio is restarted, and goes on until nothing is left to paint
    Then the job "a red circle" fails because "memory"
    And it was attempted once

  Rule: What a ComfyUI server has begun, or has done, is not begun again

    @needs.comfyui
    Scenario: A picture that the server is painting is waited for, not asked for again
      Given each inference step takes 10 seconds
      And a job for "a red circle" is running, with 2 of its 4 inference steps done
      When the studio is restarted, and goes on until nothing is left to paint
      Then the job "a red circle" is complete
      And the server was asked to paint "a red circle" once

    @needs.comfyui
    Scenario: A picture that was finished while the studio was away is fetched
      Given each inference step takes 10 seconds
      And a job for "a red circle" is running, with 3 of its 4 inference steps done
      When the server finishes it while the studio is being restarted
      Then the job "a red circle" is complete
      And the server was asked to paint "a red circle" once

    @needs.comfyui
    Scenario: A job that waits at the server is found there after a restart
      Given the server is busy with somebody else's picture
      And a job for "a red circle" is waiting at the server
      When the studio is restarted, and somebody else's picture is done
      Then the job "a red circle" is complete
      And the server was asked to paint "a red circle" once

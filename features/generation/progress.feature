Feature: Everybody sees how a job goes
  For artists who watch their picture come, and for the tools that wait for it. Without one
  clear end, people start a second job or wait for ever.

  @severity.critical
  Scenario: Listeners hear a job from its first moment to its one end
    Given somebody listens to the jobs
    When a job for "a red circle" is asked for
    Then the listeners hear that the job "a red circle" was
      | what      |
      | queued    |
      | started   |
      | completed |
    And its picture can be fetched, and measures 256×256

  @needs.steps
  Scenario Outline: Each of <steps> inference steps is told once, in rising order
    Given somebody listens to the jobs
    When a job for "a red circle" with <steps> inference steps is asked for
    Then the listeners hear of steps 1 to <steps> of "a red circle", each once and in order

    Examples: the fewest, some, the most
      | steps |
      | 1     |
      | 4     |
      | 50    |

  @needs.virtual-clock @needs.steps
  Scenario: Whoever comes later sees how far a job is
    Given each inference step takes 10 seconds
    And a job for "a red circle" is running, with 2 of its 4 inference steps done
    When somebody listens to the jobs
    Then the listener is told at once that 2 of 4 inference steps of "a red circle" are done

  @needs.virtual-clock
  Scenario: Whoever listens to one job hears of that job alone
    Given each inference step takes 10 seconds
    And a job for "a red circle" is running
    And a job for "a blue circle" waits
    And somebody listens to the job "a blue circle"
    When the backend goes on until nothing is left to paint
    Then the listeners hear of one end of the job "a blue circle", that it was completed
    And the listeners hear nothing of the job "a red circle"

  @needs.previews
  Scenario: Previews come with the progress when they are asked for
    Given somebody listens to the jobs
    When a job for "a red circle" is asked for with previews
    Then the listeners hear that the job "a red circle" was
      | what      |
      | queued    |
      | started   |
      | completed |
    And its progress came with pictures

  Scenario: No previews come when nobody asked for them
    Given somebody listens to the jobs
    When a job for "a red circle" is asked for
    Then the listeners hear of one end of the job "a red circle", that it was completed
    And its progress came without pictures

  Scenario: A listener who cannot keep up misses no job's end
    Given somebody listens to the jobs, but does not keep up
    And 8 jobs of 50 inference steps have completed
    When the listener catches up
    Then the listener has heard of the one end of every job

  @needs.own-studio @needs.memory-limits
  Scenario: A failed job is failed everywhere
    Given the backend has memory for 256×256
    And somebody listens to the jobs
    When a job for "a red circle" at 512×512 is asked for
    Then the job "a red circle" fails because "memory"
    And the listeners hear of one end of the job "a red circle", that it failed
    And the job "a red circle" is listed as failed

Feature: A picture may be asked for now and fetched later
  For tools and pages that cannot wait for an answer. Without a place to look, a broken line
  means a lost picture, and people ask twice.

  @severity.blocker
  Scenario: A job ends with the picture that was asked for
    When a job for "a red circle" is asked for
    Then the job "a red circle" is complete
    And its picture can be fetched, and measures 256×256
    And it is the picture that "a red circle" makes without a job

  @severity.critical @needs.virtual-clock
  Scenario: A job is answered before it is painted
    Given each inference step takes 10 seconds
    When a job for "a red circle" is asked for
    Then the job "a red circle" is running
    And the job "a red circle" has no picture yet

  Scenario: A job tells what was asked for, and what became of it
    When a job is asked for with
      | prompt     | a red circle |
      | width      | 320          |
      | num_images | 2            |
      | steps      | 3            |
      | seed       | 4294967295   |
    Then the job "a red circle" is complete
    And it tells every setting that was asked for
    And it tells its two pictures with the seeds 4294967295 and 0
    And it tells when it was asked for, begun and done, in this order

  Scenario: The newest job is listed first
    Given a job for "a red circle" has completed
    And a job for "a blue circle" has completed
    When the jobs are listed
    Then "a blue circle" is listed before "a red circle"

  @needs.own-studio @needs.memory-limits
  Scenario Outline: Jobs are listed by what became of them: <state>
    Given the backend has memory for 256×256
    And a job for "a red circle" has completed
    And a job for "a blue circle" at 512×512 has failed
    When the jobs that are <state> are listed
    Then only <listed> is listed

    Examples: each state finds its own
      | state     | listed          |
      | completed | "a red circle"  |
      | failed    | "a blue circle" |

  @needs.own-studio
  Scenario: A long list comes in pages, and each job stands on one of them
    Given 5 jobs have completed
    When the jobs are listed in pages of 2
    Then there are three pages, and every job is on one of them

  Scenario: A finished job is deleted with its picture
    Given a job for "a red circle" has completed
    When the job "a red circle" is deleted
    Then the job "a red circle" is gone
    And nothing of its picture is left

  @needs.virtual-clock
  Scenario: A job that is not finished cannot be deleted
    Given each inference step takes 10 seconds
    And a job for "a red circle" is running
    When the job "a red circle" is deleted
    Then it is refused because "running"
    And the job "a red circle" is running

  @needs.virtual-clock
  Scenario: A cancelled job can be asked for again
    Given each inference step takes 10 seconds
    And a job for "a red circle" was cancelled while it ran
    When the job "a red circle" is tried again, and runs to its end
    Then the job "a red circle" is complete
    And it is the picture that "a red circle" makes without a job

  Scenario: A job that was completed is not tried again
    Given a job for "a red circle" has completed
    When the job "a red circle" is tried again
    Then it is refused because "completed"
    And the job "a red circle" is complete

  Scenario Outline: A picture is shown small, its longer side <side> pixels
    Given a job for "a red circle" at 512×256 has completed
    When its picture is fetched with a longer side of <side>
    Then the picture measures <size>
    And it is the job's picture, and no other

    Examples: the smallest, a usual one, and no larger than it is
      | side | size    |
      | 16   | 16×8    |
      | 128  | 128×64  |
      | 1024 | 512×256 |

  Scenario Outline: <what> is not found
    When <what> is looked for
    Then it is refused because "<why>"

    Examples: what never was
      | what                                | why               |
      | a job that never was                | no generation job |
      | the picture of a job that never was | no generation job |

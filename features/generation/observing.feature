Feature: Whoever keeps the studio sees how generation goes
  For whoever is called when pictures stop coming. Numbers that are made up, or a "ready"
  that is not, send people to look in the wrong place.

  @severity.critical @needs.virtual-clock
  Scenario: The studio says how it is while a picture is being made
    Given each inference step takes 10 seconds
    And a job for "a red circle" is running
    When the studio is asked how it is
    Then it is ready
    And the job "a red circle" is running

  @needs.own-studio @needs.memory-limits
  Scenario: A studio that has run out of memory is degraded
    Given the backend has memory for 256×256
    And a job for "a red circle" at 512×512 has failed
    When the studio is asked how it is
    Then it is degraded, because of "memory"

  @needs.own-studio @needs.memory-limits
  Scenario: A studio that works again says so
    Given the backend has memory for 256×256
    And a job for "a red circle" at 512×512 has failed
    And a job for "a blue circle" has completed
    When the studio is asked how it is
    Then it is ready

  @needs.comfyui
  Scenario: A studio whose server is down says so
    Given the server is down
    When the studio is asked how it is
    Then it has failed, and names its "backend"

  Scenario: The backend says what it can do, and gives a reason for what it does not
    When the backend is asked what it can do
    Then it offers all that this run was promised
    And it gives a reason for everything that is not at work

  @needs.virtual-clock
  Scenario: The jobs are counted by what became of them
    Given each inference step takes 10 seconds
    And a job for "a red circle" was cancelled while it ran
    And a job for "a blue circle" is running
    And a job for "a green circle" waits
    When the jobs are counted
    Then as many are counted in each state as the list shows
    And at least one is cancelled, one running and one pending

  @needs.own-studio @needs.memory-limits
  Scenario: Measures for a monitor follow what happens
    Given the backend has memory for 512×256
    And a job for "a blue circle" at 512×512 has failed
    And 2 pictures of "a red circle" were made with seed 42
    When the studio is asked for its measures
    Then the measures tell of 2 pictures
    And the measures tell of one failure by "out_of_memory"
    And the measures tell that nothing waits and nothing runs

  @needs.own-studio
  Scenario: Two hundred jobs leave the studio's memory as it was
    Given a studio of its own process has done 40 jobs
    When it does 200 jobs more
    Then every one of them is done
    And its memory has grown by at most 5 %

  @needs.virtual-clock
  Scenario: The time that a job took is told as it was
    Given each inference step takes 10 seconds
    When a job for "a red circle" runs to its end
    Then the job "a red circle" took 40 seconds

  Rule: Pictures are kept as long as was agreed, the record of a job for ever

    @needs.virtual-clock
    Scenario Outline: After <days> days, a picture that is kept for 30 days is <verdict>
      Given pictures are kept for 30 days
      And a job for "a red circle" has completed
      When <days> days pass, and a picture of "a blue circle" is made
      Then the picture of the job "a red circle" is <verdict>
      And the job "a red circle" is complete

      Examples: on both sides of the agreement
        | days | verdict        |
        | 29   | kept           |
        | 31   | kept no longer |

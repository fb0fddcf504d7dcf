Feature: A job that cannot be done says why
  For whoever has to decide what to do next. "It did not work" costs an evening; a failure
  that is told as a success costs more.

  Rule: Out of memory is told as such, and is over with the picture that was too large

    @severity.critical @needs.own-studio @needs.memory-limits
    Scenario: A picture that is too large for the memory fails, and the next smaller one succeeds
      Given the backend has memory for 512×512
      And a picture of "a red circle" at 1024×1024 could not be made
      When a picture of "a red circle" is made at 512×512
      Then the picture measures 512×512
      And the picture shows red

    @needs.own-studio @needs.memory-limits
    Scenario Outline: A picture of <size> <verdict> where there is memory for 512×512
      Given the backend has memory for 512×512
      When a job for "a red circle" at <size> is asked for
      Then the job "a red circle" <verdict>

      Examples: on both sides of the limit
        | size    | verdict                |
        | 512×512 | is complete            |
        | 528×512 | fails because "memory" |

    @needs.own-studio @needs.memory-limits
    Scenario: Whoever waits for a picture that is too large is told so
      Given the backend has memory for 512×512
      When a picture of "a red circle" is made at 1024×1024
      Then the studio cannot do it now, because "memory"
      And there is no picture

    @needs.comfyui @needs.batches
    Scenario: Several pictures that are too large together are painted one at a time
      Given the server runs out of memory once
      When 3 pictures of "a red circle" are made with seed 42
      Then there are 3 different pictures
      And it is warned that they were "painted one by one"
      And the second one equals a single picture with seed 43

    @needs.own-studio @needs.memory-limits
    Scenario: A picture that is too large is not tried again and again
      Given the backend has memory for 256×256
      And somebody listens to the jobs
      When a job for "a red circle" at 512×512 is asked for
      Then the job "a red circle" fails because "memory"
      And it was attempted once
      And the listeners hear of one end of the job "a red circle", that it failed

  Rule: Nothing runs for ever

    @needs.virtual-clock
    Scenario: A job that takes too long is stopped, and the next one runs
      Given each inference step takes 10 seconds
      And a job may take 25 seconds
      And a job for "a red circle" has run out of time
      When a job for "a blue circle" with 2 inference steps runs to its end
      Then the job "a blue circle" is complete
      And the job "a red circle" fails because "25 seconds"

    @needs.virtual-clock
    Scenario Outline: With 40 seconds of work, a job that may take <limit> <verdict>
      Given each inference step takes 10 seconds
      And a job may take <limit>
      When a job for "a red circle" runs to its end
      Then the job "a red circle" <verdict>

      Examples: on both sides of the limit
        | limit      | verdict                    |
        | 39 seconds | fails because "39 seconds" |
        | 41 seconds | is complete                |

  Rule: What the server says is passed on, and only what may pass is tried again

    @needs.comfyui
    Scenario Outline: When <trouble>, the job fails at once, and says why
      Given somebody listens to the jobs
      And <trouble> at the server
      When a job for "a red circle" is asked for
      Then the job "a red circle" fails because "<why>"
      And it was attempted once
      And the listeners hear of one end of the job "a red circle", that it failed
      And no trace of the server's inside is told

      Examples: what another attempt would not mend
        | trouble                 | why        |
        | a node breaks           | KSampler   |
        | the disk is full        | disk       |
        | the workflow is refused | refused    |
        | no checkpoint is left   | checkpoint |

    @needs.comfyui
    Scenario: A server that is down is asked three times, each time later, and one end is told
      Given somebody listens to the jobs
      And the server is down
      When a job for "a red circle" is asked for, and every wait passes
      Then the job "a red circle" fails because "server"
      And it was attempted three times, with a longer wait each time
      And the listeners hear of one end of the job "a red circle", that it failed

    @needs.comfyui
    Scenario: A server that comes back in time paints the picture
      Given somebody listens to the jobs
      And the server is down
      And a job for "a red circle" waits for the server
      When the server comes back, and every wait passes
      Then the job "a red circle" is complete
      And it was attempted twice
      And the listeners hear of one end of the job "a red circle", that it was completed

    @needs.comfyui
    Scenario: Whoever waits for a picture is told that the server is down
      Given the server is down
      When a picture of "a red circle" is asked for, and every wait passes
      Then the studio cannot do it now, because "server"
      And there is no picture

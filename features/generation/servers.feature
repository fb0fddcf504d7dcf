@needs.comfyui
Feature: The pictures come from ComfyUI servers, as they really behave
  For whoever paints on ComfyUI machines. Servers restart, break off, forget and are
  shared with others; a studio that trusts them blindly loses pictures or stops strangers'.

  Rule: A server that is lost is not the end of a job

    @severity.critical
    Scenario: A server that restarts in the middle of a picture is asked again
      Given each inference step takes 10 seconds
      And somebody listens to the jobs
      And a job for "a red circle" is running, with 2 of its 4 inference steps done
      When the server restarts, and the studio goes on until nothing is left to paint
      Then the job "a red circle" is complete
      And the server was asked to paint "a red circle" twice, within 30 seconds
      And the listeners hear of steps 1 to 4 of "a red circle", each once and in order

    Scenario: A line that breaks in the middle of a picture changes nothing
      Given each inference step takes 10 seconds
      And somebody listens to the jobs
      And a job for "a red circle" is running, with 2 of its 4 inference steps done
      When the server's lines break, and the studio goes on until nothing is left to paint
      Then the job "a red circle" is complete
      And the server was asked to paint "a red circle" once
      And the listeners hear of one end of the job "a red circle", that it was completed

    Scenario: A slow server is waited for
      Given each inference step takes 10 seconds
      And the server is ten times as slow
      And somebody listens to the jobs
      When a job for "a red circle" runs to its end
      Then the job "a red circle" is complete
      And it was attempted once
      And the listeners hear of steps 1 to 4 of "a red circle", each once and in order

    Scenario: A server that restarts in the middle of every picture is given up
      Given somebody listens to the jobs
      And the server restarts in the middle of every picture
      When a job for "a red circle" is asked for, and every wait passes
      Then the job "a red circle" fails because "restarted"
      And it was attempted three times
      And the listeners hear of one end of the job "a red circle", that it failed

    Scenario: A picture that never ends is stopped at the server, too
      Given a job may take 60 seconds
      And the server never ends an inference step
      And a job for "a red circle" has run out of time
      When the server works again, and a job for "a blue circle" is asked for
      Then the job "a blue circle" is complete
      And nothing of ours is left at the server

  Rule: What the server forgets or leaves out is noticed

    Scenario: A picture whose file was deleted at the server is painted again
      Given a picture of "a red circle" was made with seed 42
      And the server's pictures were deleted
      When a picture of "a red circle" is made with seed 42
      Then both pictures are the same, byte for byte

    Scenario: The studio listens before it asks
      When a job for "a red circle" is asked for
      Then the job "a red circle" is complete
      And the studio listened to the server before it asked for "a red circle"

    Scenario: What the server leaves out is told with the pictures that there are
      Given the server leaves out one picture of several
      When 3 pictures of "a red circle" are made with seed 42
      Then there are 2 different pictures
      And it is warned that they were "not painted"

  Rule: The server may be of any version that people run

    Scenario Outline: A server of version <version> paints what is asked for
      Given the server is of version <version>
      And somebody listens to the jobs
      When a job for "a red circle" is asked for
      Then the job "a red circle" is complete
      And its picture can be fetched, and measures 256×256
      And the listeners hear of steps 1 to 4 of "a red circle", each once and in order

      Examples: an old one, the usual one, a new one
        | version |
        | 0.3     |
        | 0.8     |
        | 0.38    |

@needs.comfyui
Feature: Several ComfyUI servers share the work
  For whoever has more than one graphics card. A job that waits behind a busy server while
  another one idles, or dies with the one that is down, wastes what was paid for.

  Scenario: The least busy server is chosen
    Given there are two servers
    And the first server is busy with somebody else's picture
    When a job for "a red circle" is asked for
    Then the job "a red circle" is complete
    And the second server painted "a red circle"

  Scenario: Two servers paint two pictures at the same time
    Given there are two servers
    And each inference step takes 10 seconds
    And a job for "a red circle" is running
    When a job for "a blue circle" is asked for
    Then the job "a blue circle" is running
    And each server paints one picture

  Scenario: A server that is down is passed over
    Given there are two servers
    And the first server is down
    When a job for "a red circle" is asked for
    Then the job "a red circle" is complete
    And the second server painted "a red circle"
    And it was attempted once

  Scenario: A studio with one server of two is degraded, not lost
    Given there are two servers
    And the first server is down
    When the studio is asked how it is
    Then it is degraded, because of "backend"

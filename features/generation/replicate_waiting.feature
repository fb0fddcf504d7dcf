@needs.replicate @needs.virtual-clock
Feature: What a provider paints is waited for, and called off
  For whoever pays for each second of somebody else's machine. A studio that forgets what it has
  ordered pays for pictures that nobody sees.

  @severity.critical
  Scenario: A provider that asks for patience is waited for, and asked again once
    Given the provider takes nothing for 30 seconds
    When a job for "a red circle" is asked for, and every wait passes
    Then the job "a red circle" is complete
    And "a red circle" was ordered twice
    And it was attempted once

  @severity.critical
  Scenario: A provider that asks for more patience than there is ends the job
    Given a job may take 25 seconds
    And the provider takes nothing for 30 seconds
    When a job for "a red circle" is asked for, and every wait passes
    Then the job "a red circle" fails because "25 seconds"
    And the provider was paid for 0 pictures

  @severity.blocker
  Scenario: What is called off is called off at the provider
    Given each inference step takes 10 seconds
    And a job for "a red circle" is running
    When the job "a red circle" is cancelled, and one more inference step passes
    Then the job "a red circle" is cancelled
    And nothing is left to pay for

  @severity.blocker
  Scenario: A picture that the provider is painting is waited for after a restart, not ordered again
    Given each inference step takes 10 seconds
    And a job for "a red circle" is running, with 2 of its 4 inference steps done
    When the studio is restarted, and goes on until nothing is left to paint
    Then the job "a red circle" is complete
    And "a red circle" was ordered once

  @severity.blocker
  Scenario: A picture that was finished while the studio was away is fetched
    Given each inference step takes 10 seconds
    And a job for "a red circle" is running, with 3 of its 4 inference steps done
    When the provider finishes it while the studio is being restarted
    Then the job "a red circle" is complete
    And "a red circle" was ordered once

  Rule: A provider may tell the studio when a picture is done

    @severity.critical
    Scenario: A picture is fetched as soon as the provider tells of it
      Given the provider tells the studio what is done
      And each inference step takes 10 seconds
      When a job for "a red circle" runs to its end
      Then the job "a red circle" is complete
      And the studio was told of "a red circle"

    @severity.critical
    Scenario: Being told twice changes nothing
      Given the provider tells the studio everything twice
      When a job for "a red circle" is asked for
      Then the job "a red circle" is complete
      And exactly one picture of "a red circle" is kept
      And "a red circle" was ordered once

    @severity.critical
    Scenario: What somebody else signed is not believed, and the picture comes nevertheless
      Given the provider's word is signed by somebody else
      When a job for "a red circle" is asked for
      Then the job "a red circle" is complete
      And the studio believed nothing of what it was told

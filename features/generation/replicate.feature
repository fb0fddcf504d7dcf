@needs.replicate
Feature: What is ordered from a provider is paid for once
  For whoever pays for pictures that others paint. An order that is sent twice is paid for twice,
  and a picture that is fetched too late is paid for and lost.

  @severity.critical
  Scenario: A picture that was ordered is here, also when the provider has thrown it away
    Given a job for "a red circle" has completed
    When 120 minutes pass at the provider
    Then its picture can be fetched, and measures 256×256
    And the provider keeps nothing of "a red circle"

  @severity.blocker
  Scenario: An order whose answer was lost is found, not sent again
    Given the answer to the first order is lost
    When a job for "a red circle" is asked for
    Then the job "a red circle" is complete
    And "a red circle" was ordered once

  @severity.blocker
  Scenario: An order that is nowhere to be found is not sent again by itself
    Given the first order is lost on its way
    When a job for "a red circle" is asked for
    Then the job "a red circle" fails because "paid twice"
    And "a red circle" was ordered once
    And it was attempted once

  @severity.critical
  Scenario: Of three pictures the two that came are kept, and the third is told
    Given the provider fails at once, after 1 picture
    When 3 pictures of "a red circle" are made with seed 42
    Then there are 2 different pictures
    And it is warned that they were "picture 2 was not painted"

  @severity.critical
  Scenario Outline: A provider that <does> a picture is told in its own words
    Given the provider <does> every picture
    And somebody listens to the jobs
    When a job for "a red circle" is asked for
    Then the job "a red circle" fails because "<why>"
    And it was attempted once
    And the listeners hear of one end of the job "a red circle", that it failed

    Examples: it gives up, it sends something else, it finds something improper
      | does                 | why                          |
      | fails at             | the model ran into an error  |
      | sends a web page for | something that is no picture |
      | refuses              | NSFW content detected        |

  @severity.critical
  Scenario: A provider that wants to be paid is told as such, and asked no further
    Given the provider asks for payment
    When 3 pictures of "a red circle" are made with seed 42
    Then there is no picture
    And "a red circle" was ordered once

  @severity.critical
  Scenario: A studio without a token starts, and says what it lacks
    Given the studio has no token for the provider
    When the studio is asked how it is
    Then it has failed, and names its "backend"

  @severity.critical
  Scenario: A token that is not accepted is told by its setting
    Given the provider has revoked the token
    When a job for "a red circle" is asked for
    Then the job "a red circle" fails because "REPLICATE_API_TOKEN"
    And it was attempted once

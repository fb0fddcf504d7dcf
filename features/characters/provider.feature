@needs.replicate
Feature: A provider that fails costs no more than it must
  For storytellers whose pictures are painted for money. What was painted is kept, what was not is
  told, and nothing is paid for twice.

  @severity.critical
  Scenario Outline: A picture that the provider <fault> does not cost the others
    Given the provider <fault> once, after 1 picture
    When reference pictures are made of "a captain with a red coat"
    Then there are 3 reference pictures
    And it is said that 1 of them could not be made
    And each of them can be fetched and is a picture
    And the list shows 3 pictures more than at first

    Examples: it gives up, it sends something else
      | fault                |
      | fails at             |
      | sends a web page for |

  @severity.critical
  Scenario Outline: A set that the provider <fault> is told as failed, and leaves nothing
    Given the provider <fault> every picture
    When reference pictures are made of "a captain with a red coat"
    Then it is told that the provider has failed
    And no reference picture has come or gone

    Examples: it gives up, it sends something else
      | fault                |
      | fails at             |
      | sends a web page for |
      | refuses              |

  @severity.critical @needs.virtual-clock
  Scenario: A provider that asks for patience is waited for
    Given the provider takes nothing for 20 seconds
    When reference pictures are made of "a captain with a red coat", and every wait passes
    Then there are 4 reference pictures
    And the provider was paid for 4 pictures

  @severity.blocker
  Scenario Outline: <count> pictures are refused before anything is paid for
    When <count> reference pictures are asked for of "a captain with a red coat"
    Then it is refused because "num_images"
    And the provider was paid for 0 pictures

    Examples: outside of one to four, or no number at all
      | count |
      | 0     |
      | 5     |
      | 2.5   |

  @severity.blocker
  Scenario: A request that is sent again is not paid for again
    Given reference pictures were made of "a captain with a red coat" with the key "order-1"
    When the same request is sent again
    Then it is answered as before
    And the provider was paid for 4 pictures

  @severity.critical
  Scenario: A request that has failed may be sent again, and is paid for then
    Given the provider fails at every picture
    And reference pictures could not be made of "a captain with a red coat" with the key "order-1"
    And the provider works again
    When the same request is sent again
    Then there are 4 reference pictures
    And the list shows 4 pictures more than at first

  @severity.critical
  Scenario: A studio without a token says which setting is missing
    Given the studio has no token for the provider
    When reference pictures are made of "a captain with a red coat"
    Then it is told that the studio lacks "REPLICATE_API_TOKEN"
    And no reference picture has come or gone

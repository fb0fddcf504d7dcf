Feature: A request that is sent again is not paid for again
  For programs whose line breaks after they have asked. Whoever does not know whether the request
  arrived must be able to send it again, and get what was made, not a second bill.

  @severity.critical
  Scenario: A request with a key of its own is answered as before when it comes again
    Given reference pictures were made of "a captain with a red coat" with the key "order-1"
    When the same request is sent again
    Then it is answered as before
    And 4 pictures were painted in all
    And the list shows 4 pictures more than at first

  @severity.critical @needs.own-studio
  Scenario: The key is still known after a restart
    Given reference pictures were made of "a captain with a red coat" with the key "order-1"
    And the studio was restarted
    When the same request is sent again
    Then it is answered as before
    And 4 pictures were painted in all

  @severity.critical
  Scenario: The same request twice at once is made once
    When reference pictures of "a captain with a red coat" are asked for twice at once with the key "order-1"
    Then both are answered alike
    And 4 pictures were painted in all
    And the list shows 4 pictures more than at first

  Scenario: A key that was given to another request is refused
    Given reference pictures were made of "a captain with a red coat" with the key "order-1"
    When reference pictures are made of "a cook with a white hat" with the key "order-1"
    Then it is refused because "Idempotency-Key"
    And 4 pictures were painted in all
    And no reference picture has come or gone

  Scenario: Two requests without keys are two requests
    Given reference pictures were made of "a captain with a red coat"
    When reference pictures are made of "a captain with a red coat"
    Then the list shows 8 pictures more than at first
    And 8 pictures were painted in all

  @severity.critical @needs.own-studio
  Scenario: A request that failed may be sent again with its key
    Given the studio's own store takes nothing
    And reference pictures could not be made of "a captain with a red coat" with the key "order-1"
    And the studio's own store is in order again
    When the same request is sent again
    Then there are 4 reference pictures
    And each of them can be fetched and is a picture
    And the list shows 4 pictures more than at first

  Scenario Outline: A key of <key> is refused
    When reference pictures are made of "a captain with a red coat" with a key of <key>
    Then it is refused because "Idempotency-Key"
    And nothing was painted for it
    And no reference picture has come or gone

    Examples: too short, too long, and not in plain letters
      | key            |
      | nothing at all |
      | 256 letters    |
      | an umlaut      |
      | a blank in it  |

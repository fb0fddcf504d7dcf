Feature: The studio tells the truth about itself
  For whoever keeps the studio running. A studio that calls itself ready and is not, costs
  an evening of looking in the wrong place.

  @severity.critical
  Scenario: A studio that works says so
    When the studio is asked how it is
    Then it is ready
    And it names its backend

  @needs.own-studio
  Scenario: A studio that has lost its home says so
    Given the studio is running
    And its home has been taken away
    When the studio is asked how it is
    Then it has failed, and names its "home"

  Scenario: An address that does not exist is told as such
    When somebody asks for an address that does not exist
    Then it is refused because "there is nothing at"

  Scenario: A request that makes no sense names what is wrong
    When a download without any address is asked for
    Then it is refused because "urls"

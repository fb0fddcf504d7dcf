Feature: No edition of a film is overwritten
  For storytellers who liked the cut of yesterday better. A backup that is overwritten by the
  next one is none.

  @severity.blocker @needs.own-studio
  Scenario Outline: Each of three editions is kept, and edition <number> can be brought back
    Given three editions of the film of the job "night-flight" were put into the store
    When version <number> of the job "night-flight" is brought back
    Then the film of the job "night-flight" is edition <number>
    And no edition of the film of the job "night-flight" is lost

    Examples: the two that were replaced
      | number |
      | 1      |
      | 2      |

  @severity.critical @needs.own-studio
  Scenario: Versions are counted, not spelled: the tenth comes after the ninth
    Given 15 versions are kept
    And 12 editions of the film of the job "night-flight" were put into the store
    When the versions of the job "night-flight" are listed
    Then there are the versions 1 to 11 of the job "night-flight", in the order of their numbers
    And each version of the job "night-flight" is the edition of its number

  @severity.critical @needs.own-studio
  Scenario: The newest versions are kept when there are too many
    Given 3 versions are kept
    And 6 editions of the film of the job "night-flight" were put into the store
    When the versions of the job "night-flight" are listed
    Then there are the versions 3 to 5 of the job "night-flight", in the order of their numbers
    And each version of the job "night-flight" is the edition of its number

  @needs.own-studio
  Scenario: A film that has not changed is no new version
    Given three editions of the film of the job "night-flight" were put into the store
    When the job "night-flight" is put into the store
    Then nothing in the store has changed

  @needs.own-studio
  Scenario: A film is backed up when it is asked for
    Given one edition of the film of the job "night-flight" was put into the store
    When the job "night-flight" is backed up
    Then there are the versions 1 to 1 of the job "night-flight", in the order of their numbers
    And the film of the job "night-flight" is edition 1

  @needs.own-studio
  Scenario: A version that never was cannot be brought back
    Given three editions of the film of the job "night-flight" were put into the store
    When version 7 of the job "night-flight" is brought back
    Then it is refused because "7"
    And nothing in the store has changed

  @severity.blocker @needs.s3
  Scenario: Editions are kept in the bucket, each under a name of its own
    Given the studio keeps its pictures on S3
    And three editions of the film of the job "night-flight" were put into the store
    When the versions of the job "night-flight" are listed
    Then each version of the job "night-flight" is the edition of its number

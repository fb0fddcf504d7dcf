Feature: A job comes back whole
  For storytellers whose machine is stolen, or only full. A film that comes back without a scene,
  and calls itself complete, is found out in the cinema.

  @severity.blocker @needs.own-studio
  Scenario: What was put into the store comes back byte for byte
    Given the job "night-flight" has these files
      | file                            | size   |
      | final/video.mp4                 | 300 KB |
      | scenes/scene_1.mp4              | 20 KB  |
      | scenes/act 2/Szene für Anna.mp4 | 20 KB  |
      | audio/theme.wav                 | 10 KB  |
      | uploads/storyboard/page 1.png   | 1 KB   |
      | script.json                     | 1 KB   |
      | metadata.json                   | 1 KB   |
    And the job "night-flight" was put into the store
    And the folder of the job "night-flight" is lost
    When the job "night-flight" is brought back
    Then the job "night-flight" is whole, byte for byte
    And it is told that 7 files were brought back

  @severity.blocker @needs.s3
  Scenario: A job comes back on an empty machine
    Given the studio keeps its pictures on S3
    And the job "night-flight" has these files
      | file                            | size   |
      | final/video.mp4                 | 9 MB   |
      | scenes/act 2/Szene für Anna.mp4 | 20 KB  |
      | audio/an empty track.wav        | 0 byte |
      | script.json                     | 1 KB   |
    And the job "night-flight" was put into the store
    And the studio was set up anew on an empty machine
    When the job "night-flight" is brought back
    Then the job "night-flight" is whole, byte for byte
    And the bucket holds each file of the job "night-flight" where it is agreed

  @severity.critical @needs.s3
  Scenario: A job of 1,005 scenes comes back whole
    Given the studio keeps its pictures on S3
    And the job "night-flight" has 1005 scenes in nested folders
    And the job "night-flight" was put into the store
    And the folder of the job "night-flight" is lost
    When the job "night-flight" is brought back
    Then the job "night-flight" is whole, byte for byte

  @needs.own-studio
  Scenario: Only what is missing is fetched again
    Given the job "night-flight" has 5 scenes in nested folders
    And the job "night-flight" was put into the store
    And one scene of the job "night-flight" is lost
    When the job "night-flight" is brought back
    Then the job "night-flight" is whole, byte for byte
    And it is told that 1 file was brought back

  @needs.own-studio
  Scenario: Putting a job into the store again changes nothing
    Given the job "night-flight" has 5 scenes in nested folders
    And the job "night-flight" was put into the store
    When the job "night-flight" is put into the store
    Then it is told that nothing was stored anew
    And nothing in the store has changed

  @severity.critical @needs.own-studio
  Scenario: What leads out of a job's folder does not get into the store
    Given the job "night-flight" has 2 scenes in nested folders
    And in the folder of the job "night-flight" lie a link to a secret, and a hidden file
    When the job "night-flight" is put into the store
    Then the link and the hidden file of the job "night-flight" are told, and are not in the store
    And the secret is nowhere in the store

  @severity.critical @needs.own-studio
  Scenario: A job that never was cannot be brought back
    When the job "night-flight" is brought back
    Then it is refused because "night-flight"
    And there is no folder of the job "night-flight"

  @severity.blocker @needs.own-studio
  Scenario: What was damaged in the store is not brought back as if it were whole
    Given the job "night-flight" has 3 scenes in nested folders
    And the job "night-flight" was put into the store
    And one scene of the job "night-flight" was damaged in the store
    And the folder of the job "night-flight" is lost
    When the job "night-flight" is brought back
    Then it fails, and says which scene is damaged
    And there is no folder of the job "night-flight"

  @severity.blocker @needs.s3
  Scenario: A store that is killed half-way shows no half job
    Given the studio keeps its pictures on S3, at a server that may fail
    And the job "night-flight" has 150 scenes in nested folders
    When the job "night-flight" is put into the store, which is killed half-way
    Then the store shows nothing of the job "night-flight"
    And a second run puts the job "night-flight" into the store, whole

  @severity.blocker @needs.s3
  Scenario: A studio that is killed half-way shows no half job
    Given the studio may be killed
    And the studio keeps its pictures on S3
    And the job "night-flight" has 150 scenes in nested folders
    When the job "night-flight" is put into the store, and the studio is killed half-way
    Then the store shows nothing of the job "night-flight"
    And a second run puts the job "night-flight" into the store, whole

  @severity.critical @needs.own-studio
  Scenario: What was only needed on the way is thrown away, the film is kept
    Given the job "night-flight" has these files
      | file               | size   |
      | final/video.mp4    | 300 KB |
      | scenes/scene_1.mp4 | 20 KB  |
      | audio/theme.wav    | 10 KB  |
    And the job "night-flight" was put into the store
    When the job "night-flight" is tidied up in the store
    Then the store holds of the job "night-flight" its film alone

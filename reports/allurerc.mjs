// How Allure 3 shows a run of Proofsheet. What differs from run to run comes in PROOFSHEET_ALLURE, as JSON.
const run = JSON.parse(process.env.PROOFSHEET_ALLURE ?? "{}");

// One environment for each combination of backend and transport that the run used.
const environments = Object.fromEntries(
  (run.environments ?? []).map(({ id, name, labels }) => [
    id,
    {
      name,
      matcher: (test) => Object.entries(labels).every(([key, value]) =>
        test.labels.some((label) => label.name === key && label.value === value)),
    },
  ]),
);

export default {
  name: run.name ?? "Proofsheet",
  output: run.output,
  historyPath: run.history,
  historyLimit: 50,
  environments,
  variables: run.variables ?? {},
  // Said already by the feature, the rule and the environment, or nothing that a reader asked.
  hideLabels: ["thread", "host", "package", "framework", "language", "as_id", "titlePath",
    "parentSuite", "suite", "subSuite", "testMethod", "testClass", "backend", "transport", "verdict",
    "ALLURE_TESTCASE_ID", /^_/],
  // The first that matches names it: the verdict's own words come before Allure's two statuses.
  categories: [
    { name: "Sentence not written yet", matchers: { statuses: ["failed", "broken"], message: /^Sentence not written yet/ } },
    { name: "Something was left behind", matchers: { statuses: ["failed", "broken"], message: /left behind/i } },
    { name: "Studio could not start", matchers: { statuses: ["failed", "broken"], message: /studio (could|did) not start/i } },
    { name: "Promise broken", matchers: { statuses: ["failed"] } },
    { name: "The run could not go on", matchers: { statuses: ["broken"] } },
    { name: "Not run", matchers: { statuses: ["skipped"] } },
  ],
  qualityGate: { rules: [{ maxFailures: 0, minTestsCount: run.minTests ?? 1 }] },
  plugins: {
    awesome: {
      options: {
        reportName: run.name ?? "Proofsheet",
        reportLanguage: "en",
        singleFile: run.singleFile ?? false,
        groupBy: ["epic", "feature", "story"],
        stepTreeExpansion: "expanded",
        sections: ["charts"],
        charts: [
          { type: "currentStatus", title: "This run" },
          { type: "statusDynamics", title: "Run by run", limit: 20 },
          { type: "statusTransitions", title: "Newly broken, newly mended", limit: 20 },
          {
            type: "testResultSeverities",
            title: "By severity",
            levels: ["blocker", "critical", "normal", "minor", "trivial"],
            statuses: ["passed", "failed", "broken", "skipped"],
            includeUnset: true,
          },
          { type: "successRateDistribution", title: "By feature" },
          { type: "durationDynamics", title: "How long the runs took", limit: 20 },
        ],
      },
    },
    // Written for programs that read reports; nobody here does.
    agent: { enabled: false },
  },
};

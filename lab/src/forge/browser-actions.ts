// User actions in the forge's web interface. Promises resolve once the resulting webhooks were delivered, failed or held back, and reject with the
// forge's error.

import type { LabComment, LabIssue } from './comments.ts';
import type { LabApp } from './github/app-registry.ts';
import type { LabCheck } from './github/checks.ts';
import { advance, enqueue } from './github/merge-queue.ts';
import type { LabQueued } from './github/queued.ts';
import {
  addComment,
  addReview,
  changeComment,
  changePull,
  dismissReview,
  mergePull,
  moveBranch,
  openPull,
} from './mutations.ts';
import type { Parts, ProtectedBranch } from './parts.ts';
import type { People } from './people.ts';
import type { LabPull, MergeHow, PullChange, PullRequested } from './pulls.ts';
import { isRefused, type Refused } from './refused.ts';
import type { LabReview } from './reviews.ts';

export interface BrowserActions {
  /** Creates a user or changes the user's rights; others are created without rights on their first action. */
  allow: People['allow'];
  /** Opens a pull request; default base: `main`. */
  openPull(requested: Omit<PullRequested, 'base'> & { readonly base?: string; readonly by?: string }): Promise<LabPull>;
  editPull(pull: number, to: PullChange, by?: string): Promise<LabPull>;
  retargetPull(pull: number, base: string, by?: string): Promise<LabPull>;
  closePull(pull: number, by?: string): Promise<LabPull>;
  reopenPull(pull: number, by?: string): Promise<LabPull>;
  /** GitLab: begins to merge, which `mergePull` completes. */
  lockPull(pull: number): LabPull;
  /** Merges; default: with a merge commit. */
  mergePull(pull: number, by?: string, how?: MergeHow): Promise<LabPull>;
  /** Appends it to GitHub's merge queue. */
  enqueue(pull: number): Promise<LabQueued>;
  /** Advances the queue by the required check: merges on success, removes on failure, else waits. */
  advanceQueue(check: string): Promise<void>;
  /** The queue's entries. */
  queue(): readonly LabQueued[];
  pulls(): readonly LabPull[];
  /** Like a push of an existing commit; creates the branch if needed. */
  moveBranch(branch: string, to: string, by?: string): Promise<void>;
  /** Replaces all branch protection rules, if the forge supports them. */
  protectBranches(rules: readonly ProtectedBranch[]): void;
  /** Starts a GitLab pipeline for the commit with jobs of these names. */
  startPipeline(sha: string, ref: string, ...jobs: readonly string[]): number;
  openIssue(title: string, by?: string): LabIssue;
  /**
   * @param number of a pull request or issue
   * @param at time of writing, for late deliveries
   */
  comment(number: number, body: string, by: string, at?: Date): Promise<LabComment>;
  editComment(id: number, body: string, by?: string): Promise<LabComment>;
  /** Oldest first. */
  comments(number: number): readonly LabComment[];
  /** Reviews the current head. */
  review(
    pull: number,
    review: { readonly state: LabReview['state']; readonly body?: string },
    by: string,
  ): Promise<LabReview>;
  dismissReview(id: number, by?: string): Promise<LabReview>;
  /** Requests a re-run of a check. */
  rerequestCheck(id: number, by: string): Promise<void>;
  /** Presses a button of a completed check. */
  pressButton(id: number, identifier: string, by: string): Promise<void>;
  /** Requests all checks of the commit from every App. */
  rerequestSuite(sha: string, by: string): Promise<void>;
  /** Installs an App created from a manifest, which activates its webhook. */
  installApp(id: number): LabApp;
  /** Takes an App out of the repository: its tokens end, and the next installation has another id. */
  uninstallApp(id: number): void;
}

const SOMEBODY = 'ada';

export function browserActions(parts: Parts, delivered: () => Promise<void>): BrowserActions {
  const { pulls, comments, checks, people, emit } = parts;

  async function afterDelivery<T extends object>(mutation: T | Refused | Promise<T | Refused>): Promise<T> {
    const result = await mutation;
    await delivered();
    if (isRefused(result)) throw new Error(`the forge refuses: ${result.refused.message}`);
    return result;
  }
  function there<T>(found: T | undefined, what: string): T {
    if (found === undefined) throw new Error(`the forge has no ${what}`);
    return found;
  }
  const pullOf = (number: number): LabPull => there(pulls.get(number), `pull request ${number}`);
  const checkOf = (id: number): LabCheck => there(checks.get(id), `check ${id}`);
  const edit = (number: number, to: PullChange, by = SOMEBODY) =>
    afterDelivery(changePull(parts, pullOf(number), to, by));

  return {
    allow: people.allow,
    openPull: ({ by = SOMEBODY, base = 'main', ...requested }) =>
      afterDelivery(openPull(parts, { ...requested, base }, by)),
    editPull: edit,
    retargetPull: (number, base, by) => edit(number, { base }, by),
    closePull: (number, by) => edit(number, { state: 'closed' }, by),
    reopenPull: (number, by) => edit(number, { state: 'open' }, by),
    lockPull: (number) => pulls.lock(pullOf(number)),
    mergePull: (number, by = SOMEBODY, how) => afterDelivery(mergePull(parts, pullOf(number), by, how)),
    enqueue: (number) => afterDelivery(enqueue(parts, pullOf(number))),
    async advanceQueue(name) {
      await advance(parts, (sha) => verdictOf(parts, sha, name));
      await delivered();
    },
    queue: () => [...parts.queue],
    pulls: pulls.all,
    async moveBranch(branch, to, by = SOMEBODY) {
      await moveBranch(parts, branch, to, by);
      await delivered();
    },
    protectBranches(rules) {
      parts.protectedBranches = rules;
    },
    startPipeline(sha, ref, ...jobs) {
      const id = parts.pipelines.length + 1;
      parts.pipelines.push({ id, sha, ref, jobs });
      return id;
    },
    openIssue: (title, author = SOMEBODY) => comments.addIssue({ number: pulls.take(), title, author }),
    comment(number, body, by, at) {
      there(pulls.get(number) ?? comments.issue(number), `pull request or issue ${number}`);
      return afterDelivery(addComment(parts, number, body, by, at));
    },
    editComment(id, body, by) {
      const comment = there(comments.get(id), `comment ${id}`);
      return afterDelivery(changeComment(parts, comment, body, by ?? comment.author));
    },
    comments: comments.of,
    review: (number, review, by) => afterDelivery(addReview(parts, pullOf(number), review, by)),
    dismissReview: (id, by = SOMEBODY) => afterDelivery(dismissReview(parts, id, by)),
    async rerequestCheck(id, by) {
      const check = checkOf(id);
      if (check.status !== 'completed')
        throw new Error(`the check ${check.name} has not ended: it cannot be run again yet`);
      emit({ kind: 'check', action: 'rerequested', check, by });
      await delivered();
    },
    async pressButton(id, identifier, by) {
      const check = checkOf(id);
      if (check.status !== 'completed')
        throw new Error(`the check ${check.name} has not ended: it shows no buttons yet`);
      there(
        check.actions.find((button) => button.identifier === identifier),
        `button ${identifier} on ${check.name}`,
      );
      emit({ kind: 'button', check, identifier, by });
      await delivered();
    },
    async rerequestSuite(sha, by) {
      const apps = new Set(checks.of(sha).map(({ app }) => app));
      for (const app of apps) emit({ kind: 'suite', action: 'rerequested', sha, app, by });
      await delivered();
    },
    installApp(id) {
      const app = there(parts.apps.install(id), `App ${id}`);
      if (app.hook !== null && app.installation !== null) {
        parts.webhooks.add({ ...app.hook, app: { id, installation: app.installation }, events: app.events });
      }
      return app;
    },
    uninstallApp(id) {
      const hook = parts.webhooks.receivers().find(({ app }) => app?.id === id);
      if (hook !== undefined) parts.webhooks.remove(hook.id);
      parts.apps.uninstall(id);
    },
  };
}

/** The result of a check or status of that name. */
function verdictOf({ statuses, checks }: Parts, sha: string, name: string): 'success' | 'failure' | null {
  const check = checks.latest(sha).find((each) => each.name === name);
  const state = check?.conclusion ?? statuses.latest(sha).find(({ context }) => context === name)?.state ?? null;
  if (state === null || state === 'pending') return null;
  return state === 'success' ? 'success' : 'failure';
}

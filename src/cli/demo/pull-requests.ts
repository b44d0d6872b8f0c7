// What the demo's person does with pull requests at the forge, and what Phoenix says there.

import type { RunJson } from '../../agent/http/run-json.ts';
import { commented, merged, opened, statusLines } from '../../messages/demo.ts';
import { PLAN_CONTEXT } from '../../messages/status.ts';
import { unopened } from './links.ts';
import type { Stage } from './stage.ts';

export interface PullRequests {
  /**
   * Opens one with what the person has committed to the branch, and shows what Phoenix says under it. The clone is on `main` again
   * afterwards.
   */
  open(branch: string, title: string): Promise<OpenPull>;
}

interface OpenPull {
  readonly number: number;
  /** The commit that it brings. */
  readonly head: string;
  /** What `phoenix/plan` says on the head. */
  plan(): string;
  /** What Phoenix has written under it, oldest first. */
  comments(): readonly string[];
  /** Comments as the person and shows what Phoenix answers, which is what this resolves to. */
  comment(text: string): Promise<string>;
  /** Merges it, shows the run of the merge as it goes, and resolves when its answer stands on the commit and under the pull request. */
  merge(): Promise<RunJson>;
}

interface PullRequestDeps {
  readonly stage: Stage;
  readonly show: (text: string) => void;
  readonly check: (holds: boolean, expected: string) => void;
  readonly colours: boolean;
  /** Shows what becomes of a commit that is on `main` now; resolves to its run when it has ended. */
  readonly applied: (commit: string) => Promise<RunJson>;
}

export function openPullRequests({ stage, show, check, colours, applied }: PullRequestDeps): PullRequests {
  const { forge, person } = stage;
  return {
    async open(branch, title) {
      await person.push(branch);
      await person.git('switch', '--quiet', 'main');
      const { number, head } = await forge.openPull({ title, head: branch, by: person.login });
      show(opened(number, title, { by: person.login, branch }));
      const ours = () => forge.comments(number).filter(({ author }) => author !== person.login);
      const planned = () => forge.latestStatuses(head.sha).find(({ context }) => context === PLAN_CONTEXT);
      await stage.until(`a plan of #${number}`, () => planned() !== undefined && ours().length === 1);
      const statuses = forge.latestStatuses(head.sha);
      show(statusLines(head.sha, statuses, colours));
      const closed = await unopened(statuses);
      check(closed.length === 0, `the link of the plan of #${number} opens (${closed.join(', ')})`);
      show(commented(ours()[0]?.author ?? '', ours()[0]?.body ?? ''));
      return {
        number,
        head: head.sha,
        plan: () => planned()?.description ?? '',
        comments: () => ours().map(({ body }) => body),
        async comment(text) {
          const before = ours().length;
          show(commented(person.login, text));
          await forge.comment(number, text, person.login);
          await stage.until(`an answer under #${number}`, () => ours().length > before);
          const { author = '', body = '' } = ours().at(-1) ?? {};
          show(commented(author, body));
          return body;
        },
        async merge() {
          const commit = (await forge.mergePull(number, person.login)).merged?.sha;
          if (commit === undefined) throw new Error(`#${number} was not merged`);
          show(merged(number, commit, person.login));
          await person.git('pull', '--quiet', '--ff-only', 'origin', 'main');
          const run = await applied(commit);
          await stage.until(`the end of #${number} under it`, () => isTold(ours()[0]?.body ?? '', run));
          show(commented(ours()[0]?.author ?? '', ours()[0]?.body ?? '', 'now has in its comment'));
          return run;
        },
      };
    },
  };
}

/** Whether the comment that Phoenix keeps says how the run of the merge ended. */
function isTold(comment: string, { state }: RunJson): boolean {
  return new RegExp(`Merged as .*: ${state}\\*\\*`).test(comment);
}

// Pull request actions of the demo, and Phoenix's comments on them.

import type { RunJson } from '../../agent/http/run-json.ts';
import { commented, merged, opened, statusLines } from '../../messages/setup/demo.ts';
import { PLAN_CONTEXT } from '../../messages/statuses/status.ts';
import { unopened } from './links.ts';
import type { DemoSetup } from './setup.ts';

export interface PullRequests {
  /** Opens a pull request for the branch and shows Phoenix's comment. Afterwards the clone is on `main` again. */
  open(branch: string, title: string): Promise<OpenPull>;
}

interface OpenPull {
  readonly number: number;
  /** Head commit. */
  readonly head: string;
  /** The `phoenix/plan` status of the head. */
  plan(): string;
  /** Phoenix's comments, oldest first. */
  comments(): readonly string[];
  /** Comments, and resolves to Phoenix's answer, which is shown. */
  comment(text: string): Promise<string>;
  /** Merges it, shows the run live, and resolves when the result is reported on the commit and the pull request. */
  merge(): Promise<RunJson>;
}

interface PullRequestDeps {
  readonly setup: DemoSetup;
  readonly show: (text: string) => void;
  readonly check: (holds: boolean, expected: string) => void;
  readonly colours: boolean;
  /** Shows the run of a commit on `main`; resolves to the finished run. */
  readonly applied: (commit: string) => Promise<RunJson>;
}

export function openPullRequests({ setup, show, check, colours, applied }: PullRequestDeps): PullRequests {
  const { forge, person } = setup;
  return {
    async open(branch, title) {
      await person.push(branch);
      await person.git('switch', '--quiet', 'main');
      const { number, head } = await forge.openPull({ title, head: branch, by: person.login });
      show(opened(number, title, { by: person.login, branch }));
      const ours = () => forge.comments(number).filter(({ author }) => author !== person.login);
      const planned = () => forge.latestStatuses(head.sha).find(({ context }) => context === PLAN_CONTEXT);
      await setup.until(`a plan of #${number}`, () => planned() !== undefined && ours().length === 1);
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
          await setup.until(`an answer under #${number}`, () => ours().length > before);
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
          await setup.until(`the end of #${number} under it`, () => isTold(ours()[0]?.body ?? '', run));
          show(commented(ours()[0]?.author ?? '', ours()[0]?.body ?? '', 'now has in its comment'));
          return run;
        },
      };
    },
  };
}

/** Whether Phoenix's comment contains the run's result. */
function isTold(comment: string, { state }: RunJson): boolean {
  return new RegExp(`Merged as .*: ${state}\\*\\*`).test(comment);
}

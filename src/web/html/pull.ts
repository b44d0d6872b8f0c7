// The page of a pull request: the changes that merging would cause.

import { labelsOf, targetLabel } from '../../messages/changes.ts';
import { pullSentence } from '../../messages/pages/pages.ts';
import { approvalWords, impactWords, secretWords, summaryLine } from '../../messages/plan.ts';
import type { PlanStep } from '../../model/plan.ts';
import type { PullPlan } from '../../model/pull.ts';
import type { Links } from '../links.ts';
import { badge, commitLink, facts, noteList, said, sha, type Tone, table, targetLink, time } from './components.ts';
import type { Page } from './document.ts';
import { fields } from './fields.ts';
import { type Html, html } from './html.ts';
import { problemList } from './problems.ts';
import { stepGraph } from './step-graph.ts';

/** Up to this number all steps are expanded. */
const MAX_EXPANDED = 4;

export function pullPage(pull: PullPlan, links: Links): Page {
  const { plan, ok } = pull;
  return {
    title: `Pull request ${pull.pull}`,
    live: null,
    main: html`
      <h1>${pullName(pull.pull, links)} ${ok ? badge('planned', 'good') : badge('would be refused', 'bad')}</h1>
      <p class="lead">${said(pull.title)}</p>
      <p>${summaryLine(plan)} ${pullSentence(pull)}</p>
      ${facts([
        ['By', said(pull.author)],
        ['Head', commitLink(links, pull.head)],
        ['Onto', commitLink(links, pull.base)],
        ['From', pull.from === pull.base ? null : sha(pull.from)],
        ['Planned', time(pull.created)],
      ])}
      ${noteList(pull.notes ?? [])}
      ${problems(pull, links)}
      ${stepGraph(
        plan.steps,
        (step) => ({ word: step.verb, tone: costTone(step) }),
        (target) => `#${target}`,
      )}
      ${plan.steps.length === 0 ? null : steps(pull, links)}`,
  };
}

function pullName(number: number, links: Links): Html {
  const name = `Pull request ${number}`;
  return links.forge === null ? name : html`<a href=${links.forge.pull(number)} rel="noreferrer">${name}</a>`;
}

/** Emphasises steps that need attention. */
function costTone({ impact, approval }: PlanStep): Tone {
  if (impact === 'destroy' || impact === 'recreate') return 'bad';
  return approval || impact === 'restart' ? 'wait' : 'quiet';
}

function problems({ problems: all, head, root }: PullPlan, links: Links): Html {
  const fresh = all.filter((problem) => problem.new);
  const older = all.length - fresh.length;
  if (all.length === 0) return null;
  const rest =
    older === 0
      ? null
      : html`<p class="dim">${older} ${older === 1 ? 'problem that was' : 'problems that were'} there before.</p>`;
  return html`<h2>Problems</h2>${problemList(fresh, { commit: head, root }, links)}${rest}`;
}

function steps({ plan, held }: PullPlan, links: Links): Html {
  const label = labelsOf(plan.steps);
  const rows = plan.steps.map((step) => [
    targetLink(links, step.target, targetLabel(step)),
    step.verb,
    [impactWords(step), secretWords(step)].filter((words) => words !== '').join(', '),
    step.wave,
    step.needs.map(label).join(', '),
    held.includes(step.target) ? 'an older problem' : approvalWords(step),
  ]);
  const columns = ['Target', 'Verb', 'Cost', 'Wave', 'Needs', 'Waits for'];
  const details = plan.steps.map(
    (step) => html`<details class="step" id=${step.target} open=${plan.steps.length <= MAX_EXPANDED}>
      <summary><code>${targetLabel(step)}</code> <span class="dim">${step.verb}, ${impactWords(step)}</span></summary>
      ${fields(step)}
    </details>`,
  );
  return html`<h2>Steps</h2>${table({ caption: 'What would be done, in order', columns, rows, className: 'steps' })}<h2>Details</h2>${details}`;
}

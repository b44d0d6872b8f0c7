// Preview pages of actions, each with one button that executes it.

import { labelsOf } from '../../messages/changes.ts';
import { ACTION_PAGE, actsAs, asksToAdopt, SHOWN_PAGE, waitingRuns } from '../../messages/pages/actions.ts';
import { runSentence } from '../../messages/pages/pages.ts';
import { approvalRefusal } from '../../messages/statuses/refusal.ts';
import { shortSha } from '../../messages/statuses/status.ts';
import type { TargetId } from '../../model/ids.ts';
import type { PlanStep } from '../../model/plan.ts';
import { approversOf, mayApprove, policyOf } from '../../plan/policy/policy.ts';
import { waitingSteps } from '../../plan/policy/waiting.ts';
import { approvalsFor, wouldDo } from '../../plan/policy/would-do.ts';
import type { RunDetail } from '../../ports/runs.ts';
import type { ShownAction } from '../actions/page-actions.ts';
import { type Frozen, seenOfFreeze, seenOfStep } from '../actions/seen.ts';
import type { Links } from '../links.ts';
import { commitLink, runBadge, runLink, said, stepBadge, targetLink, withRemedy } from './components.ts';
import type { Page } from './document.ts';
import { actions, cost, differences, fields } from './fields.ts';
import { type Html, html } from './html.ts';
import { formToken, offer } from './offer.ts';
import { problemList } from './problems.ts';

/** Maximum number of steps with shown actions; the dry run's page has all. */
const MAX_SHOWN = 100;

/** @param run includes the step's plan, with hidden secrets */
export function approvePage(run: RunDetail, target: TargetId, links: Links): Page {
  const planned = run.plan?.steps.find((step) => step.target === target);
  const record = run.steps.find((step) => step.target === target);
  const waits = waitingSteps(run).includes(target);
  const policy = policyOf(run.plan);
  const who = links.viewer?.name ?? '';
  const needed = planned?.approvals ?? 1;
  const counted = record === undefined ? run.approvals : approvalsFor(run.approvals, wouldDo(run, record));
  const given = approversOf(policy, target, counted).length;
  const refusal = mayApprove(policy, who) ? null : approvalRefusal(who, policy.approvers ?? []);
  const words = ACTION_PAGE.approve;
  return page(
    words.title(labelsOf(planned === undefined ? [] : [planned])(target)),
    html`
      <p>In ${runLink(links, run.id)} of ${commitLink(links, run.commit)}: ${record === undefined || planned === undefined ? null : html`${stepBadge(run, record)} ${cost(run, record, planned)}`}</p>
      ${withRemedy(record?.reason ?? null)}
      ${fields(planned)}
      ${record === undefined ? null : html`${differences(record, run.commit, links)}${actions(run, record, 2)}`}
      ${!waits ? html`<p class="notice">${words.waits}</p>` : null}
      ${needed > 1 ? html`<p>${words.given(given, needed)}</p>` : null}
      ${refusal === null ? null : html`<p class="notice">${said(refusal)}</p>`}
      ${waits && refusal === null ? form(words.will, words.press, links, seen(seenOfStep(run, target))) : null}`,
  );
}

/** @param again a reason that was typed and refused, and why */
export function freezePage(links: Links, again: { readonly reason: string; readonly why: string } | null = null): Page {
  const { title, will, press, reason } = ACTION_PAGE.freeze;
  const field = html`<label for="reason">${reason}</label>
    <input id="reason" name="reason" value=${again?.reason ?? null} required maxlength="500" />`;
  const refused = again === null ? null : html`<p class="notice" role="alert">${said(again.why)}</p>`;
  return page(title, html`${refused}${form(will, press, links, field)}`);
}

export function unfreezePage({ frozen, head, open }: Frozen, links: Links): Page {
  const { title, will, none, press, rewound } = ACTION_PAGE.unfreeze;
  const goesBack = head?.verdict === 'rewound';
  return page(
    title,
    html`${frozen === null ? html`<p>${none}</p>` : html`<p>${said(`Frozen by ${frozen.by}: ${frozen.reason}`)}</p>`}
      <p>${waitingRuns(open)}</p>
      ${goesBack ? html`<p>${rewound(shortSha(head?.commit ?? ''))}</p>` : null}
      ${frozen === null && !goesBack ? null : form(will, press, links, seen(seenOfFreeze({ frozen, head })))}`,
  );
}

export function lookPage(links: Links): Page {
  const { title, will, press } = ACTION_PAGE.look;
  return page(title, form(will, press, links));
}

/**
 * What the action would do according to a dry run. @param run with hidden secrets
 */
export function shownPage(action: ShownAction, run: RunDetail, links: Links): Page {
  const about = action.targets.length === 0 ? 'everything' : action.targets.join(', ');
  const title = `${SHOWN_PAGE.title[action.do]} ${action.do === 'replay' ? shortSha(action.commit) : about}`;
  const todo = run.steps.filter(({ actions: would }) => would.length > 0);
  const stuck = run.steps.filter(({ outcome, actions: would }) => outcome === 'failed' && would.length === 0);
  const isKnown = run.state === 'succeeded' || run.state === 'failed';
  const presses =
    run.ended !== null &&
    isKnown &&
    (todo.length > 0 || action.do === 'replay' || (action.do === 'adopt' && run.state === 'succeeded'));
  const label = labelsOf(run.plan?.steps ?? []);
  const planned = new Map((run.plan?.steps ?? []).map((step) => [step.target, step]));
  const section = (target: TargetId, content: Html) => html`<section aria-label=${target}>
    <h2 class="small">${targetLink(links, target, label(target))}</h2>${content}</section>`;
  return page(
    `${title}: what this will do`,
    html`
      <p class="lead" role="status">${runBadge(run)} ${sentence(action, run, todo.length)} <span class="dim">By the dry run ${runLink(links, run.id)}.</span></p>
      ${withRemedy(run.reason)}
      ${run.problems.length === 0 ? null : html`${problemList(run.problems, { commit: run.commit, root: null }, links)}`}
      ${todo.slice(0, MAX_SHOWN).map((step) => section(step.target, html`${changed(planned.get(step.target))}${differences(step, run.commit, links)}${actions(run, step, 3)}`))}
      ${stuck.map((step) => section(step.target, html`${withRemedy(step.reason)}${asksToAdopt(step.reason) ? offer({ do: 'adopt', targets: [step.target] }, links) : null}`))}
      ${presses ? form(action.do === 'replay' ? SHOWN_PAGE.replays : SHOWN_PAGE.bound, SHOWN_PAGE.press[action.do], links) : null}`,
    run.ended === null ? { events: links.events(run.id) } : null,
  );
}

function changed(planned: PlanStep | undefined): Html {
  return planned === undefined || planned.changes.length === 0 ? null : fields(planned);
}

function sentence(action: ShownAction, run: RunDetail, todo: number): string {
  if (run.ended === null) return run.state === 'blocked' ? SHOWN_PAGE.waits : SHOWN_PAGE.looking;
  if (run.state !== 'succeeded' && run.state !== 'failed') return SHOWN_PAGE.failed;
  if (todo > 0) return SHOWN_PAGE.would(todo);
  if (run.state === 'failed') return runSentence(run);
  return action.do === 'adopt' ? SHOWN_PAGE.adopts : SHOWN_PAGE.nothing;
}

/** @param digest of what the page shows */
function seen(digest: string): Html {
  return html`<input type="hidden" name="seen" value=${digest} />`;
}

/** A form that posts to its own page. */
function form(will: string, press: string, links: Links, more: Html = null): Html {
  const { viewer } = links;
  return html`<form class="act" method="post">
    ${formToken(links)}
    <p>${will}</p>
    ${more}
    <p class="dim">${viewer === null ? '' : said(actsAs(viewer.name, viewer.role))}</p>
    <p><button class="primary">${press}</button> <a href=${links.home}>Not now</a></p>
  </form>`;
}

function page(title: string, content: Html, live: Page['live'] = null): Page {
  return { title, live, main: html`<h1>${said(title)}</h1>${content}` };
}

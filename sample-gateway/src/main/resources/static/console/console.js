'use strict';

// User ids come from outside: they become text nodes and form values, never markup.

const SECONDS = 60;
const PATIENCE_MILLIS = 3000;
const OLD = 'The gateway does not answer; what is shown is old.';
const OUTCOMES = ['granted', 'waited', 'denied'];
const byId = id => document.getElementById(id);
const cards = new Map();
const find = byId('find');
const change = byId('change');
let shown = null;

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function duration(millis) {
  const s = Math.ceil(millis / 1000);
  if (s < 60) return s + 's';
  if (s < 3600) return Math.floor(s / 60) + 'm ' + s % 60 + 's';
  return Math.floor(s / 3600) + 'h ' + Math.floor(s % 3600 / 60) + 'm';
}

function limitRow(limit) {
  const row = element('div', 'limit');
  const share = Math.min(1, limit.used / limit.limit);
  const bar = element('div', 'bar' + (share >= 1 ? ' full' : share >= 0.75 ? ' most' : ''));
  bar.setAttribute('role', 'progressbar');
  bar.setAttribute('aria-label', limit.name);
  bar.setAttribute('aria-valuemax', limit.limit);
  bar.setAttribute('aria-valuenow', limit.used);
  const filled = element('div');
  filled.style.width = share * 100 + '%';
  bar.append(filled);
  const reset = limit.resetMillis > 0 ? ', full in ' + duration(limit.resetMillis) : '';
  row.append(element('span', '', limit.name), bar,
      element('span', '', limit.used.toLocaleString('en') + ' of ' + limit.limit.toLocaleString('en') + reset));
  return row;
}

function userText(user) {
  return user === null || user === undefined ? '(no user)' : user;
}

function userRow(provider, row, user) {
  // The button stays, so that the focus does too.
  let name = row.querySelector('.name');
  if (!name) {
    name = element('button', 'name');
    name.type = 'button';
    name.addEventListener('click', () => lookUp(provider, name.value));
    row.append(name);
  }
  name.value = user.user ?? '';
  name.textContent = userText(user.user);
  while (row.lastChild !== name) row.lastChild.remove();
  if (user.limited) row.append(element('span', 'limited-mark', 'limited'));
  if (user.waiting) row.append(element('span', 'waited', ' ' + user.waiting + ' waiting'));
  row.append(...user.limits.map(limitRow));
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function card(name) {
  const box = element('section', 'card');
  box.dataset.provider = name;
  const title = element('h2', '', name);
  title.id = 'provider-' + name;
  box.setAttribute('aria-labelledby', title.id);
  const counts = element('p', 'counts');
  const chart = element('div', 'chart');
  const users = element('ul', 'users');
  box.append(title, counts, chart, users);
  byId('providers').append(box);
  const option = element('option', '', name);
  option.value = name;
  find.elements.provider.append(option);
  const made = {box, counts, chart, users, last: null, data: [[], [], [], []], plot: null};
  cards.set(name, made);
  return made;
}

function draw(at) {
  if (at.plot === null) {
    const axis = {stroke: () => colour('--quiet'), grid: {stroke: () => colour('--line'), width: 1},
      ticks: {show: false}, font: '11px system-ui'};
    at.plot = new uPlot({
      width: Math.max(200, at.chart.clientWidth), height: 130, legend: {show: false}, cursor: {show: false},
      scales: {x: {range: (u, low, high) => [high - SECONDS, high]}, y: {range: (u, low, high) => [0, Math.max(5, high * 1.1)]}},
      axes: [{...axis, space: 90, size: 24, values: (u, at) => at.map(s => new Date(s * 1000).toLocaleTimeString('en-GB'))}, {...axis, size: 36}],
      series: [{}, ...OUTCOMES.map(it => ({label: it, stroke: () => colour('--' + it), width: 2, points: {show: false}}))]
    }, at.data, at.chart);
    new ResizeObserver(() => at.plot.setSize({width: Math.max(200, at.chart.clientWidth), height: 130})).observe(at.chart);
  } else {
    at.plot.setData(at.data);
  }
}

function provider(now, each) {
  const at = cards.get(each.name) || card(each.name);
  const seconds = at.last ? (now - at.last.now) / 1000 : 0;
  at.counts.replaceChildren();
  if (seconds > 0) {
    at.data[0].push(now / 1000);
    OUTCOMES.forEach((outcome, i) => {
      // A gateway that was started anew counts from nothing.
      const rate = Math.max(0, each.decisions[outcome] - at.last.decisions[outcome]) / seconds;
      at.data[i + 1].push(rate);
      at.counts.append(element('span', outcome, outcome + ' ' + rate.toFixed(1) + '/s'));
    });
    at.data.forEach(values => { if (values.length > SECONDS + 2) values.shift(); });
    draw(at);
  }
  at.last = {now, decisions: each.decisions};
  // Only those with users have anything to focus on, so the order of focus stays.
  at.box.style.order = each.busiest.length ? 0 : 1;
  while (at.users.children.length > each.busiest.length) at.users.lastChild.remove();
  each.busiest.forEach((user, i) => {
    if (!at.users.children[i]) at.users.append(element('li'));
    at.users.children[i].dataset.user = user.user ?? '';
    userRow(each.name, at.users.children[i], user);
  });
}

function show(snapshot) {
  const store = snapshot.store;
  const shared = store.decisions === 'shared';
  const state = byId('store');
  state.className = 'state ' + store.decisions;
  state.textContent = (shared ? 'Decisions shared through Redis' : 'Decisions local')
      + (store.breaker ? ', breaker ' + store.breaker : '');
  warn(shared ? '' : store.configured === 'redis'
    ? 'Redis does not answer: since ' + new Date(store.since).toLocaleTimeString() + ' this gateway decides alone.'
    : 'No Redis is configured: decisions are local to this gateway.');
  byId('waiting').textContent = snapshot.waiting;
  snapshot.providers.forEach(each => provider(snapshot.at, each));
}

function warn(text) {
  const banner = byId('banner');
  if (banner.textContent !== text) banner.textContent = text;
  banner.hidden = text === '';
}

function say(text, failed) {
  byId('message').textContent = text;
  byId('message').className = failed ? 'failed' : '';
}

async function call(method, path, body) {
  const headers = {Accept: 'application/json'};
  if (method !== 'GET') {
    const token = await writeToken();
    headers[token.header] = token.token;
  }
  if (body) headers['Content-Type'] = 'application/json';
  const response = await fetch(path, {method, headers, body: body ? JSON.stringify(body) : undefined});
  if (response.status === 401) {
    location.assign('/console/login');
  }
  const text = await response.text();
  let answer = null;
  try { answer = text ? JSON.parse(text) : null; } catch (notJson) { /* The status says it all. */ }
  if (!response.ok) {
    const why = answer && answer.detail ? answer.detail : response.statusText;
    throw new Error((answer && answer.field ? answer.field + ': ' : '') + (why || 'failed') + ' (' + response.status + ')');
  }
  return answer;
}

/** Asked for each time: who signs in anew in another tab gets another one. */
function writeToken() {
  return call('GET', '/console/token');
}

async function attempt(work) {
  try {
    await work();
  } catch (problem) {
    say(problem.message, true);
  }
}

function keyPath(key) {
  return '/actuator/ratelimits/' + encodeURIComponent(key.provider)
      + (key.user ? '?user=' + encodeURIComponent(key.user) : '');
}

async function refresh() {
  const status = await call('GET', keyPath(shown));
  const view = byId('user');
  view.replaceChildren(element('strong', 'who', userText(status.user) + ' at ' + status.provider));
  if (status.limited) view.append(element('span', 'limited-mark', 'limited'));
  if (status.waiting) view.append(element('span', 'waited', ' ' + status.waiting + ' waiting'));
  view.append(element('p', 'source', 'Rule: ' + status.source));
  view.append(...Object.entries(status.limits).map(([name, it]) => limitRow({name, ...it})));
  view.hidden = false;
  change.hidden = false;
}

function lookUp(provider, user) {
  shown = {provider, user};
  find.elements.provider.value = provider;
  find.elements.user.value = user;
  say('');
  return attempt(refresh);
}

find.addEventListener('submit', event => {
  event.preventDefault();
  lookUp(find.elements.provider.value, find.elements.user.value);
});

byId('reset').addEventListener('click', () => attempt(async () => {
  await call('DELETE', keyPath(shown));
  await refresh();
  say('Usage forgotten.');
}));

change.addEventListener('submit', event => {
  event.preventDefault();
  attempt(async () => {
    if (!shown.user) throw new Error('user: only a named user has a rule of his own');
    const rule = {};
    for (const field of ['requestsPerMinute', 'requestsPerHour', 'requestsPerDay', 'burstCapacity']) {
      const text = change.elements[field].value.trim();
      // What is no number goes as it is: the endpoint names the field that is wrong.
      if (text !== '') rule[field] = /^\d+$/.test(text) ? Number(text) : text;
    }
    if (change.elements.tier.value) rule.tier = change.elements.tier.value;
    await call('POST', '/actuator/ratelimitrules/users?name=' + encodeURIComponent(shown.user), rule);
    await refresh();
    say('Changed.');
  });
});

byId('sign-out').addEventListener('submit', event => {
  event.preventDefault();
  attempt(async () => {
    const form = byId('sign-out');
    form.elements._csrf.value = (await writeToken()).token;
    form.submit();
  });
});

attempt(async () => {
  const overview = await call('GET', '/actuator/ratelimits');
  for (const tier of overview.tiers) {
    const option = element('option', '', tier);
    option.value = tier;
    change.elements.tier.append(option);
  }
});

let heardAt = Date.now();
const stream = new EventSource('/console/stream');
stream.onmessage = event => {
  heardAt = Date.now();
  show(JSON.parse(event.data));
};
setInterval(() => { if (Date.now() - heardAt > PATIENCE_MILLIS) warn(OLD); }, 1000);
stream.onerror = () => {
  warn(OLD);
  // Refused, not interrupted: the session has ended.
  if (stream.readyState === EventSource.CLOSED) location.assign('/console/login');
};

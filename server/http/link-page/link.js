// The token leaves the address bar, and with it the history, before anything else happens.
const token = location.hash.slice(1);
history.replaceState(null, '', location.pathname);

const element = (id) => document.getElementById(id);
const [passwordForm, emailForm] = [element('password-form'), element('email-form')];
const [password, repeated] = [element('password'), element('repeated')];

const DEAD =
  'It was used already, is too old, or was replaced by a newer one. Ask for a new link, or ask your administrator for one.';
const TITLES = {
  invitation: 'Choose your password',
  password_reset: 'Choose a new password',
  email_change: 'Confirm your new e-mail address',
};

/** Sends a request; `problems`, one or more sentences, is empty when it worked. */
async function ask(path, body) {
  try {
    const response = await fetch(`/rest/v1/links/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
    });
    const text = await response.text();
    const answer = text === '' ? {} : JSON.parse(text);
    if (response.ok) return { answer, problems: [], isDead: false };
    const { code, message, problems = [] } = answer.error;
    const sentences = problems
      .filter(({ path: field }) => field === 'password')
      .map(({ message: problem }) => `The password ${problem}.`);
    return {
      answer,
      problems: sentences.length > 0 ? sentences : [message],
      isDead: code === 'not_found',
    };
  } catch {
    return { answer: {}, problems: ['The server cannot be reached. Try again.'], isDead: false };
  }
}

/** Says how things are; the heading gets the focus, so that it is read out. */
function show(title, lead, form) {
  document.title = `${title} – Taxiway`;
  element('title').textContent = title;
  element('lead').textContent = lead;
  for (const each of [passwordForm, emailForm]) each.hidden = each !== form;
  tell('message', []);
  if (form === passwordForm) password.focus();
  else element('title').focus();
}

/** Shows what is wrong, next to what it is about. */
function tell(id, problems, input) {
  const list = document.createElement('ul');
  for (const problem of problems) {
    const item = document.createElement('li');
    item.textContent = problem;
    list.append(item);
  }
  element(id).replaceChildren(...(problems.length === 0 ? [] : [list]));
  if (input === undefined) return;
  if (problems.length === 0) input.removeAttribute('aria-invalid');
  else input.setAttribute('aria-invalid', 'true');
}

function showDead() {
  show('The link is not valid any more', DEAD);
}

/** Runs the work of a form once at a time. */
function whenSent(form, work) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = form.querySelector('[type=submit]');
    if (button.disabled) return;
    button.disabled = true;
    element('progress').textContent = 'One moment …';
    try {
      await work();
    } finally {
      button.disabled = false;
      element('progress').textContent = '';
    }
  });
}

element('reveal').addEventListener('click', ({ currentTarget: button }) => {
  const isShown = password.type === 'password';
  for (const input of [password, repeated]) input.type = isShown ? 'text' : 'password';
  button.setAttribute('aria-pressed', String(isShown));
  button.textContent = isShown ? 'Hide' : 'Show';
});

async function start() {
  if (token === '') {
    show('This is not a whole link', 'Open the link from the mail once more, or copy all of it.');
    return;
  }
  const { answer: link, problems, isDead } = await ask('look', { token });
  if (isDead) {
    showDead();
    return;
  }
  if (problems.length > 0) {
    show('The link could not be looked at', problems.join(' '));
    return;
  }
  const title = TITLES[link.purpose];
  if (link.purpose === 'email_change') {
    show(title, `From then on you sign in with ${link.email} instead of ${link.userName}.`, emailForm);
    return;
  }
  element('user-name').value = link.userName;
  element('hint').textContent =
    `At least ${link.passwordMinLength} characters. A few words that do not belong together make a good one.`;
  const lead =
    link.purpose === 'invitation'
      ? `You have an account in the organization “${link.organization}”. Choose the password that you will sign in with.`
      : `For your account in the organization “${link.organization}”. You are signed out everywhere when it is set.`;
  show(title, lead, passwordForm);
}

whenSent(passwordForm, async () => {
  const isEmpty = password.value === '';
  tell('password-problems', isEmpty ? ['Enter a password.'] : [], password);
  const isDifferent = !isEmpty && repeated.value !== password.value;
  tell('repeated-problem', isDifferent ? ['This is not the same password.'] : [], repeated);
  if (isEmpty || isDifferent) {
    (isEmpty ? password : repeated).focus();
    return;
  }
  const { problems, isDead } = await ask('password', { token, password: password.value });
  if (isDead) {
    showDead();
  } else if (problems.length > 0) {
    tell('password-problems', problems, password);
    password.focus();
  } else {
    for (const input of [password, repeated]) input.value = '';
    show(
      'Your password is set',
      'Sign in with your e-mail address and the new password. If your account has a second factor, you are asked for it then. You can close this page.',
    );
  }
});

whenSent(emailForm, async () => {
  const { problems, isDead } = await ask('email', { token });
  if (isDead) showDead();
  else if (problems.length > 0) tell('message', problems);
  else
    show(
      'Your new e-mail address is confirmed',
      'Sign in with it from now on: you are signed out everywhere. You can close this page.',
    );
});

void start();

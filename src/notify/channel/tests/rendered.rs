//! What is sent, as it stands on the wire.

use serde_json::Value;

use super::*;

pub(super) fn batch(messages: &[Message]) -> Batch<'static> {
    let channel: &'static Channel = Box::leak(Box::new(channel(Target::Slack(kept()))));
    Batch::new(channel, messages, &Redactor::new())
}

fn pretty(json: &str) -> String {
    let value: Value = serde_json::from_str(json).expect("JSON");
    serde_json::to_string_pretty(&value).expect("JSON")
}

/// As it goes out, blanks at ends of lines made visible.
fn mail(letter: &email::Letter) -> String {
    String::from_utf8_lossy(&letter.text).replace('\r', "").replace(" \n", "␣\n")
}

#[test]
fn a_webhook_gets_documented_fields() {
    insta::assert_snapshot!(pretty(&webhook::body(&batch(&[firing(), full()]))), @r#"
    {
      "version": 1,
      "channel": "ops",
      "messages": [
        {
          "key": "67354bd0-a2db-5cbc-829c-c3d36fd7bf3c",
          "alert": "credits-low",
          "series": "credit-balance.credits_available",
          "step": "",
          "job": "credit-balance",
          "kind": "below",
          "severity": "page",
          "what": "firing",
          "value": 4200,
          "threshold": 5000.5,
          "unit": "credits",
          "reason": "credit-balance.credits_available is 4,200, under 5,000.5",
          "remedy": null,
          "why": [],
          "since": "2026-11-24T11:55:00.000Z",
          "at": "2026-11-24T12:00:00.000Z",
          "host": "ops-1"
        },
        {
          "key": "fecc04ba-ee58-58f5-ac2d-e767c16a8064",
          "alert": "credits-runout",
          "series": "b.c{<eu> & \\u{202e}x}",
          "step": "3d slow",
          "job": "credit-balance",
          "kind": "runout",
          "severity": "page",
          "what": "firing",
          "value": 4200,
          "threshold": 5000.5,
          "unit": "credits",
          "reason": "at the pace of the last 28 days between 6 June and 2 July, most likely 12 June <!channel> @here",
          "remedy": "buy credits & tell ops",
          "why": [
            "R = 4,200 is left",
            "use(H) = m·H ± q·√(s²·H + s²·H²/n)\\u{a}```"
          ],
          "since": "2026-11-24T11:55:00.000Z",
          "at": "2026-11-24T12:00:00.000Z",
          "host": "ops-1"
        }
      ]
    }
    "#);
}

#[test]
fn slack_gets_text_and_blocks_in_which_nothing_calls_anybody() {
    insta::assert_snapshot!(pretty(&slack::body(&batch(&[full(), resolved()]))).replace('\u{2060}', "{WJ}"), @r#"
    {
      "text": "credits-runout is firing (page): at the pace of the last 28 days between 6 June and 2 July, most likely 12 June &lt;!channel&gt; @{WJ}here\ncredits-low is resolved: credit-balance.credits_available is 9,000, not under 5,000.5",
      "blocks": [
        {
          "type": "section",
          "text": {
            "type": "mrkdwn",
            "text": "*credits-runout is firing (page)*\nat the pace of the last 28 days between 6 June and 2 July, most likely 12 June &lt;!channel&gt; @{WJ}here\n*What to do:* buy credits &amp; tell ops\n```R = 4,200 is left\nuse(H) = m·H ± q·√(s²·H + s²·H²/n)\\u{a}'''```",
            "verbatim": true
          }
        },
        {
          "type": "context",
          "elements": [
            {
              "type": "mrkdwn",
              "text": "b.c{&lt;eu&gt; &amp; \\u{202e}x}, 3d slow · firing since 2026-11-24 11:55:00 UTC · found at 2026-11-24 12:00:00 UTC · apicron on ops-1",
              "verbatim": true
            }
          ]
        },
        {
          "type": "section",
          "text": {
            "type": "mrkdwn",
            "text": "*credits-low is resolved*\ncredit-balance.credits_available is 9,000, not under 5,000.5",
            "verbatim": true
          }
        },
        {
          "type": "context",
          "elements": [
            {
              "type": "mrkdwn",
              "text": "credit-balance.credits_available · resolved since 2026-11-24 12:00:00 UTC · found at 2026-11-24 12:00:00 UTC · apicron on ops-1",
              "verbatim": true
            }
          ]
        }
      ],
      "unfurl_links": false,
      "unfurl_media": false
    }
    "#);
}

#[test]
fn an_alertmanager_gets_what_begins_and_what_ends() {
    let unknown = Message { what: What::Unknown, ..firing() };
    insta::assert_snapshot!(pretty(&alertmanager::body(&batch(&[full(), unknown, resolved()]))), @r#"
    [
      {
        "labels": {
          "alertname": "credits-runout",
          "instance": "ops-1",
          "job": "credit-balance",
          "kind": "runout",
          "series": "b.c{<eu> & \\u{202e}x}",
          "severity": "page",
          "state": "firing",
          "step": "3d slow"
        },
        "annotations": {
          "description": "b.c{<eu> & \\u{202e}x}, 3d slow, firing since 2026-11-24 11:55:00 UTC, found at 2026-11-24 12:00:00 UTC, apicron on ops-1\nR = 4,200 is left\nuse(H) = m·H ± q·√(s²·H + s²·H²/n)\\u{a}```",
          "remedy": "buy credits & tell ops",
          "summary": "at the pace of the last 28 days between 6 June and 2 July, most likely 12 June <!channel> @here"
        },
        "startsAt": "2026-11-24T11:55:00.000Z"
      },
      {
        "labels": {
          "alertname": "credits-runout",
          "instance": "ops-1",
          "job": "credit-balance",
          "kind": "runout",
          "series": "b.c{<eu> & \\u{202e}x}",
          "severity": "page",
          "state": "unknown",
          "step": "3d slow"
        },
        "annotations": {
          "description": "b.c{<eu> & \\u{202e}x}, 3d slow, firing since 2026-11-24 11:55:00 UTC, found at 2026-11-24 12:00:00 UTC, apicron on ops-1\nR = 4,200 is left\nuse(H) = m·H ± q·√(s²·H + s²·H²/n)\\u{a}```",
          "remedy": "buy credits & tell ops",
          "summary": "at the pace of the last 28 days between 6 June and 2 July, most likely 12 June <!channel> @here"
        },
        "endsAt": "2026-11-24T12:00:00.000Z"
      },
      {
        "labels": {
          "alertname": "credits-low",
          "instance": "ops-1",
          "job": "credit-balance",
          "kind": "below",
          "series": "credit-balance.credits_available",
          "severity": "page",
          "state": "unknown"
        },
        "annotations": {
          "description": "credit-balance.credits_available, unknown since 2026-11-24 11:55:00 UTC, found at 2026-11-24 12:00:00 UTC, apicron on ops-1",
          "summary": "credit-balance.credits_available is 4,200, under 5,000.5"
        },
        "startsAt": "2026-11-24T11:55:00.000Z"
      },
      {
        "labels": {
          "alertname": "credits-low",
          "instance": "ops-1",
          "job": "credit-balance",
          "kind": "below",
          "series": "credit-balance.credits_available",
          "severity": "page",
          "state": "firing"
        },
        "annotations": {
          "description": "credit-balance.credits_available, resolved since 2026-11-24 12:00:00 UTC, found at 2026-11-24 12:00:00 UTC, apicron on ops-1",
          "summary": "credit-balance.credits_available is 9,000, not under 5,000.5"
        },
        "endsAt": "2026-11-24T12:00:00.000Z"
      },
      {
        "labels": {
          "alertname": "credits-low",
          "instance": "ops-1",
          "job": "credit-balance",
          "kind": "below",
          "series": "credit-balance.credits_available",
          "severity": "page",
          "state": "unknown"
        },
        "annotations": {
          "description": "credit-balance.credits_available, resolved since 2026-11-24 12:00:00 UTC, found at 2026-11-24 12:00:00 UTC, apicron on ops-1",
          "summary": "credit-balance.credits_available is 9,000, not under 5,000.5"
        },
        "endsAt": "2026-11-24T12:00:00.000Z"
      }
    ]
    "#);
}

#[test]
fn what_is_still_so_ends_nothing_at_an_alertmanager() {
    let still: Value = serde_json::from_str(&alertmanager::still(&batch(&[firing(), resolved()]))).expect("JSON");
    assert_eq!(still.as_array().map(Vec::len), Some(1));
    assert_eq!((&still[0]["labels"]["state"], still[0].get("endsAt")), (&Value::from("firing"), None));
}

#[test]
fn a_mail_is_a_text_with_one_subject() {
    let mailbox = crate::job::Mailbox {
        to: vec!["ops@example.com".to_owned(), "Größe <b@example.com>".to_owned()],
        from: "apicron <apicron@example.com>".to_owned(),
        smtp: kept(),
    };
    let one = email::letter(&batch(&[firing()]), &mailbox, noon()).expect("a letter");
    insta::assert_snapshot!(mail(&one), @r#"
    From: apicron <apicron@example.com>
    Subject: credits-low is firing (page): credit-balance.credits_available is
     4,200, under 5,000.5
    Date: Tue, 24 Nov 2026 12:00:00 +0000
    Message-ID: <4f9093d8-cbb0-5440-ac90-c2799190862f@example.com>
    Auto-Submitted: auto-generated
    MIME-Version: 1.0
    To: ops@example.com, =?utf-8?b?R3LDtsOfZQ==?= <b@example.com>
    Content-Type: text/plain; charset=utf-8
    Content-Transfer-Encoding: 7bit

    credits-low is firing (page)

    credit-balance.credits_available is 4,200, under 5,000.5

      credit-balance.credits_available
      firing since 2026-11-24 11:55:00 UTC
      found at 2026-11-24 12:00:00 UTC
      apicron on ops-1

    --␣
    Sent by apicron on the channel ops.
    "#);
    let several = email::letter(&batch(&[full(), resolved()]), &mailbox, noon()).expect("a letter");
    insta::assert_snapshot!(mail(&several), @r#"
    From: apicron <apicron@example.com>
    Subject: 2 messages, 1 firing, 1 resolved: credits-low, credits-runout
    Date: Tue, 24 Nov 2026 12:00:00 +0000
    Message-ID: <5842eb89-1bdd-53b2-822c-e835776a2c2f@example.com>
    Auto-Submitted: auto-generated
    MIME-Version: 1.0
    To: ops@example.com, =?utf-8?b?R3LDtsOfZQ==?= <b@example.com>
    Content-Type: text/plain; charset=utf-8
    Content-Transfer-Encoding: quoted-printable

    credits-runout is firing (page)

    at the pace of the last 28 days between 6 June and 2 July, most likely 12 J=
    une <!channel> @here

    What to do: buy credits & tell ops

      b.c{<eu> & \u{202e}x}, 3d slow
      firing since 2026-11-24 11:55:00 UTC
      found at 2026-11-24 12:00:00 UTC
      apicron on ops-1

    Why:
      R =3D 4,200 is left
      use(H) =3D m=C2=B7H =C2=B1 q=C2=B7=E2=88=9A(s=C2=B2=C2=B7H + s=C2=B2=C2=
    =B7H=C2=B2/n)\u{a}```

    ----

    credits-low is resolved

    credit-balance.credits_available is 9,000, not under 5,000.5

      credit-balance.credits_available
      resolved since 2026-11-24 12:00:00 UTC
      found at 2026-11-24 12:00:00 UTC
      apicron on ops-1

    --=20
    Sent by apicron on the channel ops.
    "#);
}

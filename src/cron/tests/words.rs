//! Schedules in sentences.

use super::*;

#[test]
fn a_schedule_reads_as_a_sentence() {
    let sentences = [
        ("0 5 * * *", "at 05:00 every day"),
        ("30 0 5 * * *", "at 05:00:30 every day"),
        ("0,30 2 * * *", "at 02:00 and 02:30 every day"),
        ("*/5 * * * *", "every 5 minutes"),
        ("* * * * *", "every minute"),
        ("* * * * * *", "every second"),
        ("*/10 * * * * *", "every 10 seconds"),
        ("7 * * * *", "at minute 7 of every hour"),
        ("0,30 * * * *", "at minutes 0 and 30 of every hour"),
        ("*/7 * * * *", "at every 7th minute from 0 of every hour"),
        ("*/15 9-17 * * MON-FRI", "every 15 minutes of hours 9 to 17 on Monday to Friday"),
        ("0 */2 * * *", "at minute 0 of every 2nd hour from 0"),
        ("5-20/5 * * * *", "at minutes 5, 10, 15 and 20 of every hour"),
        ("30 * * * * *", "at second 30 of every minute of every hour"),
        ("*/10 7 * * * *", "every 10 seconds of minute 7 of every hour"),
        ("0 0 1 * *", "at 00:00 on day 1 of every month"),
        ("0 0 29 2 *", "at 00:00 on day 29 of February"),
        ("0 0 1,15 JAN-MAR *", "at 00:00 on day 1 and day 15 of January to March"),
        ("0 0 */2 * *", "at 00:00 on every 2nd day from day 1 of every month"),
        ("0 0 L * *", "at 00:00 on the last day of every month"),
        ("0 0 LW * *", "at 00:00 on the last day from Monday to Friday of every month"),
        ("0 0 15W * *", "at 00:00 on the day from Monday to Friday nearest to day 15 of every month"),
        ("0 0 * * 1#2", "at 00:00 on the 2nd Monday of the month"),
        ("0 0 * * 5L", "at 00:00 on the last Friday of the month"),
        ("0 0 * * FRI-SUN", "at 00:00 on Friday to Sunday"),
        ("0 0 * 5 *", "at 00:00 every day in May"),
        ("0 0 * */6 MON", "at 00:00 on Monday in January and July"),
        ("0 0 13 * FRI", "at 00:00 on day 13 of every month, and on Friday"),
        ("0 0 */2 * MON", "at 00:00 on every 2nd day from day 1 of every month, if that is Monday"),
        ("@hourly", "at minute 0 of every hour"),
        ("@weekly", "at 00:00 on Sunday"),
        ("@yearly", "at 00:00 on day 1 of January"),
        ("@every 15m", "every 15 minutes"),
        ("@every 1h", "every hour"),
        ("@every 90m", "every 1 hour 30 minutes"),
        ("@every 36h 1500ms", "every 1 day 12 hours 1 second 500 milliseconds"),
    ];
    for (text, sentence) in sentences {
        assert_eq!(pattern(text).describe(), sentence, "{text}");
    }
}

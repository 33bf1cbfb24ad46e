//! What goes wrong at the door, in the dialect's codes: a table of codes with their HTTP status and
//! sentence, and the error that a request is answered with. Refusals of the engine become such
//! errors in [`refusal`](super::refusal).

use std::borrow::Cow;

use super::info::RateLimit;
use super::request::RequestId;
use super::writer::Writer;

/// The longest name of an unknown field that an error repeats, in characters.
pub const FIELD_SHOWN_MAX: usize = 64;

macro_rules! codes {
    ($($name:ident $number:literal $status:literal $message:literal;)*) => {
        /// The dialect's error codes, each with the status that goes with it.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(i16)]
        pub enum Code {
            $(#[doc = $message] $name = $number,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The HTTP status of an answer with this code.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// The sentence that libraries know; `{field}` stands for the parameter's name.
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)* }
            }
        }
    };
}

codes! {
    Unknown -1000 500 "An unknown error occurred while processing the request.";
    Unauthorized -1002 401 "You are not authorized to execute this request.";
    TooManyRequests -1003 429 "Too many requests; please slow down.";
    OutcomeUnknown -1007 504
        "Timeout waiting for response from backend server. Send status unknown; \
         execution status unknown.";
    Busy -1008 503
        "Server is currently overloaded with other requests. Please try again in a few minutes.";
    Filter -1013 400 "Filter failure.";
    TooManyOrders -1015 429 "Too many new orders.";
    Unsupported -1020 400 "This operation is not supported.";
    Timestamp -1021 400 "Timestamp for this request is outside of the recvWindow.";
    Signature -1022 401 "Signature for this request is not valid.";
    IllegalCharacters -1100 400 "Illegal characters found in parameter '{field}'.";
    TooManyParameters -1101 400 "Too many parameters sent for this endpoint.";
    Missing -1102 400
        "Mandatory parameter '{field}' was not sent, was empty/null, or malformed.";
    UnknownParameter -1103 400 "An unknown parameter was sent.";
    Empty -1105 400 "Parameter '{field}' was empty.";
    NotRequired -1106 400 "Parameter '{field}' sent when not required.";
    Overflow -1108 400 "Parameter '{field}' overflowed.";
    Precision -1111 400 "Parameter '{field}' has too much precision.";
    TimeInForce -1115 400 "Invalid timeInForce.";
    OrderType -1116 400 "Invalid orderType.";
    Side -1117 400 "Invalid side.";
    Symbol -1121 404 "Invalid symbol.";
    BadValue -1130 400 "Data sent for parameter '{field}' is not valid.";
    Window -1131 400 "recvWindow must be less than 60000";
    Json -1135 400 "Invalid JSON Request";
    OrderRejected -2010 400 "The order was rejected.";
    CancelRejected -2011 400 "The cancel was rejected.";
    NoSuchOrder -2013 404 "Order does not exist.";
    KeyFormat -2014 401 "API-key format invalid.";
    Key -2015 401 "Invalid API-key, IP, or permissions for action.";
}

impl Code {
    /// As it stands in `code`.
    pub const fn number(self) -> i16 {
        self as i16
    }
}

/// Why a request was not done, and what to do about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestError {
    /// The id of the request, echoed; `null` where it could not be read.
    pub id: RequestId,
    /// HTTP status of the answer.
    pub status: u16,
    /// The dialect's code.
    pub code: Code,
    /// The sentence that libraries know.
    pub message: Cow<'static, str>,
    /// The parameter it is about; empty for none.
    pub field: Cow<'static, str>,
    /// What is wrong exactly and how to put it right; empty for nothing to add.
    pub fix: Cow<'static, str>,
    /// The venue's own word for it, with the rule's two values.
    pub reason: Option<Box<ReasonShown>>,
}

/// The venue's own word for a refusal, and its values as decimals of what they count.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReasonShown {
    /// [`crate::Reason::word`], or a word of the door such as `TOKEN_EXPIRED`.
    pub word: &'static str,
    /// The rule's limit, if it has one.
    pub limit: Option<String>,
    /// What was found, if the rule counts something.
    pub observed: Option<String>,
}

impl RequestError {
    /// An error about no parameter in particular.
    pub fn new(code: Code, fix: impl Into<Cow<'static, str>>) -> Self {
        Self::about(code, "", fix)
    }

    /// An error about a parameter.
    pub fn about(
        code: Code,
        field: impl Into<Cow<'static, str>>,
        fix: impl Into<Cow<'static, str>>,
    ) -> Self {
        let field = field.into();
        let message = match code.message().contains("{field}") {
            true => code.message().replace("{field}", &field).into(),
            false => code.message().into(),
        };
        let (status, fix) = (code.status(), fix.into());
        Self { id: RequestId::NULL, status, code, message, field, fix, reason: None }
    }

    /// An error about a parameter whose name came from outside: a long one is cut.
    pub fn about_unknown(code: Code, field: &str, fix: impl Into<Cow<'static, str>>) -> Self {
        let shown: String = field.chars().take(FIELD_SHOWN_MAX).collect();
        Self::about(code, shown, fix)
    }

    /// The symbol names no instrument.
    pub fn unknown_symbol(field: &'static str) -> Self {
        let fix = "no such instrument; ask exchangeInfo for the symbols, in upper case";
        Self::about(Code::Symbol, field, fix)
    }

    /// Answers this request.
    #[must_use]
    pub fn to(self, id: RequestId) -> Self {
        Self { id, ..self }
    }

    /// With another sentence.
    #[must_use]
    pub fn saying(self, message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), ..self }
    }

    /// With another status.
    #[must_use]
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// With the venue's own word.
    #[must_use]
    pub fn with_word(self, word: &'static str) -> Self {
        let reason = ReasonShown { word, limit: None, observed: None };
        Self { reason: Some(Box::new(reason)), ..self }
    }

    /// Writes the whole answer of the WebSocket API: `{"id":…,"status":…,"error":{…}}`.
    pub fn write_ws(&self, out: &mut Vec<u8>, rate_limits: &[RateLimit]) {
        let mut answer = Writer::object(out);
        answer.raw("id", self.id.as_json());
        answer.number("status", self.status);
        self.write_members(answer.open("error"));
        RateLimit::write_if_any(&mut answer, rate_limits);
        answer.end();
    }

    /// Writes the body of an HTTP answer: `{"code":…,"msg":…}`.
    pub fn write_rest(&self, out: &mut Vec<u8>) {
        self.write_members(Writer::object(out));
    }

    fn write_members(&self, mut error: Writer<'_>) {
        error.number("code", self.code.number());
        error.escaped("msg", &self.message);
        if !self.field.is_empty() {
            error.escaped("field", &self.field);
        }
        if !self.fix.is_empty() {
            error.escaped("fix", &self.fix);
        }
        if let Some(reason) = &self.reason {
            reason.write(&mut error);
        }
        error.end();
    }
}

impl ReasonShown {
    /// Writes `reason`, `limit` and `observed` as members of an object.
    pub fn write(&self, object: &mut Writer<'_>) {
        object.text("reason", self.word);
        if let Some(limit) = &self.limit {
            object.text("limit", limit);
        }
        if let Some(observed) = &self.observed {
            object.text("observed", observed);
        }
    }
}

impl core::fmt::Display for RequestError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} {} {}", self.code.number(), self.message, self.fix)
    }
}

impl std::error::Error for RequestError {}

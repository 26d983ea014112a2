"""What the synthetic missions say: templates in English, Urdu and Arabic, as a person would type them.

``{city}`` is the mission's city; the other slots are filled from ``FILLINGS`` of the same language. ``TAGS``
marks every post as synthetic in its own language.
"""

LANGUAGES = ("en", "ur", "ar")

TAGS = {"en": "#Synthetic", "ur": "#مصنوعی", "ar": "#اصطناعي"}

TEMPLATES = {
    "en": (
        "The consular section in {city} will be open on {weekday} from 9:00 to 13:00 for {service}.",
        "Our head of mission met {partner} in {city} today to discuss {topic}.",
        "Reminder: appointments for {service} are booked online only. Walk-ins cannot be served.",
        "Grateful to {partner} for a warm welcome & a frank exchange on {topic}.",
        "{number} applications for {service} were handled in {city} this week. Thank you for your patience.",
        "Community members in {city} & nearby towns: a mobile team offers {service} this {weekday}.",
        "Today we signed a memorandum on {topic} with {partner}. More cooperation to follow!",
        "Children < 12 need both parents' consent for {service}. Please bring the original documents.",
        "Join us in {city} this {weekday} for an evening of music, food & poetry.",
        "A seminar on {topic} brought together {number} participants from business and academia.",
        "Travel advice: check the validity of your passport > 6 months before you book.",
        "Applications are open for {number} scholarships. Deadline: next {weekday}.",
        "Congratulations to our students in {city} who won this year's debate on {topic}.",
        "The mission will be closed on {weekday} for a public holiday. The emergency line stays open.",
    ),
    "ur": (
        "قونصلر سیکشن {weekday} کو صبح نو بجے سے ایک بجے تک {service} کے لیے کھلا رہے گا۔",
        "سفیر نے آج {partner} سے ملاقات کی اور {topic} پر تبادلہ خیال کیا۔",
        "یاد دہانی: {service} کے لیے وقت صرف آن لائن لیا جا سکتا ہے۔",
        "{city} میں مقیم ہم وطنوں کے لیے {weekday} کو کھلی کچہری منعقد ہوگی۔",
        "اس ہفتے {service} کی {number} درخواستیں نمٹائی گئیں۔ آپ کے تعاون کا شکریہ۔",
        "{topic} کے موضوع پر سیمینار میں {number} افراد نے شرکت کی۔",
        "دونوں ممالک کے درمیان {topic} کے شعبے میں تعاون بڑھانے پر اتفاق ہوا۔",
        "طلبہ کے لیے {number} وظائف کا اعلان، درخواست کی آخری تاریخ {weekday} ہے۔",
        "سرکاری تعطیل کے باعث {weekday} کو دفتر بند رہے گا، ہنگامی رابطہ نمبر کھلا رہے گا۔",
        "ہم {partner} کی پرتپاک میزبانی پر شکر گزار ہیں۔",
        "بیرون ملک سفر سے پہلے اپنے پاسپورٹ کی میعاد ضرور دیکھ لیں۔",
    ),
    "ar": (
        "يستقبل القسم القنصلي المراجعين يوم {weekday} من التاسعة صباحا حتى الواحدة ظهرا لإنجاز {service}.",
        "التقى السفير اليوم {partner} وبحث الجانبان سبل التعاون في مجال {topic}.",
        "تذكير: حجز المواعيد من أجل {service} عبر الموقع الإلكتروني فقط.",
        "نشكر {partner} على حسن الاستقبال والحوار البناء حول {topic}.",
        "أنجزت البعثة هذا الأسبوع {number} معاملة من معاملات {service}.",
        "شارك {number} شخصا في ندوة حول {topic} نظمتها البعثة في {city}.",
        "يسرنا دعوتكم إلى أمسية ثقافية يوم {weekday} في {city}.",
        "تعلن البعثة عن {number} منحة دراسية، وآخر موعد للتقديم يوم {weekday}.",
        "تغلق البعثة أبوابها يوم {weekday} بمناسبة العطلة الرسمية، ويبقى رقم الطوارئ متاحا.",
        "نرجو من المسافرين التأكد من صلاحية جواز السفر قبل الحجز.",
        "وقعنا اليوم مذكرة تفاهم في مجال {topic} مع {partner}.",
    ),
}

REPLIES = {
    "en": (
        "thank you for writing. Please send your reference number by direct message.",
        "the form for {service} is on our website. It takes about {number} minutes.",
        "we are sorry for the delay & will call you before {weekday}.",
    ),
    "ur": (
        "رابطہ کرنے کا شکریہ۔ براہ کرم اپنا حوالہ نمبر نجی پیغام میں بھیجیں۔",
        "{service} کا فارم ہماری ویب سائٹ پر موجود ہے۔",
        "تاخیر پر معذرت، ہم {weekday} سے پہلے آپ سے رابطہ کریں گے۔",
    ),
    "ar": (
        "شكرا لتواصلكم. نرجو إرسال رقم الطلب في رسالة خاصة.",
        "استمارة {service} متوفرة على موقعنا الإلكتروني.",
        "نعتذر عن التأخير وسنتصل بكم قبل يوم {weekday}.",
    ),
}

LONG_READ = {
    "en": (
        " The two sides reviewed the progress made since their last meeting, agreed on a calendar of "
        "visits, and asked their experts to prepare a joint programme that covers training, exchanges "
        "of students and support for small businesses. A summary of the decisions will be published "
        "once both capitals have confirmed it."
    ),
    "ur": (
        " دونوں فریقوں نے گزشتہ ملاقات کے بعد ہونے والی پیش رفت کا جائزہ لیا، دوروں کا نظام الاوقات طے "
        "کیا اور ماہرین کو ہدایت کی کہ وہ تربیت، طلبہ کے تبادلے اور چھوٹے کاروبار کی معاونت پر مشتمل "
        "مشترکہ پروگرام تیار کریں۔ فیصلوں کا خلاصہ دونوں دارالحکومتوں کی توثیق کے بعد شائع کیا جائے گا۔"
        " ہم تمام شرکا کے تعاون کے شکر گزار ہیں اور آئندہ ملاقات کے منتظر ہیں۔"
    ),
    "ar": (
        " واستعرض الجانبان ما تحقق منذ لقائهما الأخير، واتفقا على جدول للزيارات المتبادلة، وكلفا "
        "الخبراء بإعداد برنامج مشترك يشمل التدريب وتبادل الطلاب ودعم المشاريع الصغيرة. وسينشر ملخص "
        "القرارات بعد اعتمادها في العاصمتين. ونتقدم بالشكر إلى جميع المشاركين على تعاونهم، ونتطلع إلى "
        "اللقاء القادم بينهم في وقت قريب."
    ),
}
"""Appended to a few posts, which then pass X's 280 characters."""

FILLINGS = {
    "en": {
        "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Saturday"),
        "service": (
            "passport renewal",
            "visas",
            "attestation of documents",
            "birth registration",
            "identity cards",
        ),
        "partner": ("the mayor", "the chamber of commerce", "the foreign minister", "university leaders"),
        "topic": (
            "trade & investment",
            "climate action",
            "education",
            "digital services",
            "agriculture",
            "tourism",
        ),
    },
    "ur": {
        "weekday": ("پیر", "منگل", "بدھ", "جمعرات", "ہفتہ"),
        "service": ("پاسپورٹ کی تجدید", "ویزا", "دستاویزات کی تصدیق", "پیدائش کے اندراج", "شناختی کارڈ"),
        "partner": ("شہر کے میئر", "ایوان صنعت و تجارت کے صدر", "وزیر خارجہ", "جامعات کے سربراہان"),
        "topic": ("تجارت و سرمایہ کاری", "ماحولیات", "تعلیم", "ڈیجیٹل خدمات", "زراعت", "سیاحت"),
    },
    "ar": {
        "weekday": ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "السبت"),
        "service": ("تجديد جوازات السفر", "التأشيرات", "تصديق الوثائق", "تسجيل المواليد", "بطاقات الهوية"),
        "partner": ("رئيس البلدية", "رئيس غرفة التجارة", "وزير الخارجية", "رؤساء الجامعات"),
        "topic": ("التجارة والاستثمار", "المناخ", "التعليم", "الخدمات الرقمية", "الزراعة", "السياحة"),
    },
}

TOPIC_TAGS = {
    "en": ("#Diplomacy", "#ConsularServices", "#Culture", "#Trade"),
    "ur": ("#سفارتکاری", "#قونصلر_خدمات", "#ثقافت", "#تجارت"),
    "ar": ("#دبلوماسية", "#خدمات_قنصلية", "#ثقافة", "#تجارة"),
}

EMOJI = ("🤝", "📢", "🎓", "🌍", "✈️", "🛂")
